// UDP sockets: bound ones keep their port, connected ones their peer, options stay, and datagrams flow.
#include "sockets.h"

static int bound, connected, plain, port, connected_port;

static void set_up(void)
{
    struct sockaddr_in any = loopback(0);
    bound = must(socket(AF_INET, SOCK_DGRAM, 0));
    must(bind(bound, (struct sockaddr *)&any, sizeof any));
    port = port_of(bound);
    must(setsockopt(bound, SOL_SOCKET, SO_BROADCAST, &(int) { 1 }, sizeof(int)));
    must(setsockopt(bound, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval) { 5, 0 }, sizeof(struct timeval)));
    connected = must(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0));
    struct sockaddr_in peer = loopback(port);
    must(connect(connected, (struct sockaddr *)&peer, sizeof peer));
    connected_port = port_of(connected);
    plain = must(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
}

static void verify(void)
{
    char text[16];
    struct sockaddr_in from;
    socklen_t size = sizeof from;
    expect(port_of(bound) == port && port_of(connected) == connected_port && port_of(plain) == 0, "ports are %d %d %d", port_of(bound), port_of(connected), port_of(plain));
    expect(option_of(bound, SOL_SOCKET, SO_BROADCAST) == 1, "SO_BROADCAST is off");
    struct timeval limit;
    socklen_t limit_size = sizeof limit;
    must(getsockopt(bound, SOL_SOCKET, SO_RCVTIMEO, &limit, &limit_size));
    expect(limit.tv_sec == 5 && limit.tv_usec == 0, "SO_RCVTIMEO is %ld.%06ld", (long)limit.tv_sec, (long)limit.tv_usec);
    expect(send(connected, "post", 4, 0) == 4, "send: %s", strerror(errno));
    expect(recvfrom(bound, text, sizeof text, 0, (struct sockaddr *)&from, &size) == 4 && ntohs(from.sin_port) == connected_port, "the datagram does not arrive");
    must(sendto(bound, "answer", 6, 0, (struct sockaddr *)&from, size));
    expect(eventually(recv(connected, text, sizeof text, 0) == 6), "the answer does not arrive");
    struct sockaddr_in peer;
    size = sizeof peer;
    must(getpeername(connected, (struct sockaddr *)&peer, &size));
    expect(ntohs(peer.sin_port) == port, "the peer is %d", ntohs(peer.sin_port));
}

TARGET(set_up, verify)
