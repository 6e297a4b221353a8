// Packet sockets: raw and cooked, bound to a protocol and an interface, with memberships, a fanout group, options, TPACKET versions: what
// is sent over the loopback interface still arrives.
// rungs: root - only whoever administers the network may have packet sockets
#include "sockets.h"
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>

#define PROTOCOL 0x88b5 // for experiments

static int raw, cooked, fanout[2], unbound;
static unsigned loopback_index;

static void expect_address(const char *what, int fd, int protocol, unsigned index)
{
    struct sockaddr_ll address;
    socklen_t size = sizeof address;
    must(getsockname(fd, (struct sockaddr *)&address, &size));
    expect(ntohs(address.sll_protocol) == protocol && address.sll_ifindex == (int)index, "%s is bound to protocol %x of interface %d", what, ntohs(address.sll_protocol), address.sll_ifindex);
}

static int packet_socket(int type, int protocol)
{
    int fd = must(socket(AF_PACKET, type | SOCK_NONBLOCK, 0));
    struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_protocol = htons((uint16_t)protocol), .sll_ifindex = (int)loopback_index };
    must(bind(fd, (struct sockaddr *)&address, sizeof address));
    return fd;
}

static void set_up(void)
{
    if (geteuid() != 0)
        skip("an ordinary user may have no packet socket");
    loopback_index = if_nametoindex("lo");
    raw = packet_socket(SOCK_RAW, PROTOCOL);
    must(setsockopt(raw, SOL_PACKET, PACKET_VERSION, &(int) { TPACKET_V2 }, sizeof(int)));
    must(setsockopt(raw, SOL_PACKET, PACKET_AUXDATA, &(int) { 1 }, sizeof(int)));
    must(setsockopt(raw, SOL_PACKET, PACKET_RESERVE, &(int) { 32 }, sizeof(int)));
    must(setsockopt(raw, SOL_PACKET, PACKET_TIMESTAMP, &(int) { 64 }, sizeof(int)));
    struct packet_mreq request = { .mr_ifindex = (int)loopback_index, .mr_type = PACKET_MR_ALLMULTI };
    must(setsockopt(raw, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &request, sizeof request));
    cooked = packet_socket(SOCK_DGRAM, PROTOCOL + 1);
    must(setsockopt(cooked, SOL_PACKET, PACKET_ORIGDEV, &(int) { 1 }, sizeof(int)));
    must(setsockopt(cooked, SOL_PACKET, PACKET_IGNORE_OUTGOING, &(int) { 1 }, sizeof(int)));
    for (int i = 0; i < 2; i++) {
        fanout[i] = packet_socket(SOCK_DGRAM, PROTOCOL + 2);
        must(setsockopt(fanout[i], SOL_PACKET, PACKET_FANOUT, &(int) { (getpid() & 0xffff) | PACKET_FANOUT_LB << 16 }, sizeof(int)));
    }
    unbound = must(socket(AF_PACKET, SOCK_RAW, 0));
}

static void send_from(int fd, int protocol, const char *text)
{
    struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_protocol = htons((uint16_t)protocol), .sll_ifindex = (int)loopback_index, .sll_halen = 6 };
    must(sendto(fd, text, strlen(text) + 1, 0, (struct sockaddr *)&address, sizeof address));
}

static bool receives(int fd, const char *text, size_t header)
{
    char found[2048];
    bool any = false;
    for (ssize_t n; (n = recv(fd, found, sizeof found, MSG_DONTWAIT)) > 0;)
        any |= (size_t)n >= header + strlen(text) && strcmp(found + header, text) == 0;
    return any;
}

static void verify(void)
{
    int sender = must(socket(AF_PACKET, SOCK_DGRAM, 0));
    receives(raw, "", 0), receives(cooked, "", 0), receives(fanout[0], "", 0), receives(fanout[1], "", 0);
    send_from(sender, PROTOCOL, "to the raw one"), send_from(sender, PROTOCOL + 1, "to the cooked one"), send_from(sender, PROTOCOL + 2, "to one of two");
    expect(eventually(receives(raw, "to the raw one", ETH_HLEN)), "the raw socket receives nothing");
    expect(eventually(receives(cooked, "to the cooked one", 0)), "the cooked socket receives nothing");
    expect(eventually(receives(fanout[0], "to one of two", 0) || receives(fanout[1], "to one of two", 0)), "nobody of the group receives");
    expect_address("raw", raw, PROTOCOL, loopback_index), expect_address("cooked", cooked, PROTOCOL + 1, loopback_index), expect_address("unbound", unbound, 0, 0);
    expect(option_of(raw, SOL_PACKET, PACKET_VERSION) == TPACKET_V2 && option_of(raw, SOL_PACKET, PACKET_AUXDATA) == 1 && option_of(raw, SOL_PACKET, PACKET_RESERVE) == 32
        && option_of(raw, SOL_PACKET, PACKET_TIMESTAMP) == 64, "the options of the raw one changed");
    expect(option_of(cooked, SOL_PACKET, PACKET_ORIGDEV) == 1 && option_of(cooked, SOL_PACKET, PACKET_IGNORE_OUTGOING) == 1 && option_of(cooked, SOL_PACKET, PACKET_VERSION) == 0, "the options of the cooked one changed");
    for (int i = 0; i < 2; i++)
        expect(option_of(fanout[i], SOL_PACKET, PACKET_FANOUT) == ((getpid() & 0xffff) | PACKET_FANOUT_LB << 16), "number %d is in group %x", i, option_of(fanout[i], SOL_PACKET, PACKET_FANOUT));
    struct packet_mreq request = { .mr_ifindex = (int)loopback_index, .mr_type = PACKET_MR_ALLMULTI };
    expect(setsockopt(raw, SOL_PACKET, PACKET_DROP_MEMBERSHIP, &request, sizeof request) == 0, "the membership is lost");
    must(setsockopt(raw, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &request, sizeof request));
    close(sender);
}

TARGET(set_up, verify)
