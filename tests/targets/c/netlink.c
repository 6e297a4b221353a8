// Netlink sockets: their port, groups of both kinds, what they are connected to, options; questions are answered as before.
#include "sockets.h"
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

static int route, events, unbound, generic;
static struct sockaddr_nl names[2];

static struct sockaddr_nl name_of(int fd)
{
    struct sockaddr_nl name = { 0 };
    socklen_t size = sizeof name;
    must(getsockname(fd, (struct sockaddr *)&name, &size));
    return name;
}

static void set_up(void)
{
    struct sockaddr_nl name = { .nl_family = AF_NETLINK };
    route = must(socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_ROUTE));
    must(bind(route, (struct sockaddr *)&name, sizeof name)); // the kernel chooses the port
    must(setsockopt(route, SOL_NETLINK, NETLINK_EXT_ACK, &(int) { 1 }, sizeof(int)));
    must(setsockopt(route, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &(int) { 1 }, sizeof(int)));
    must(setsockopt(route, SOL_SOCKET, SO_RCVBUF, &(int) { 50000 }, sizeof(int)));
    events = must(socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK, NETLINK_ROUTE));
    name.nl_groups = 1 << (RTNLGRP_IPV4_RULE - 1);
    must(bind(events, (struct sockaddr *)&name, sizeof name));
    must(setsockopt(events, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &(int) { RTNLGRP_NSID }, sizeof(int)));
    must(setsockopt(events, SOL_NETLINK, NETLINK_PKTINFO, &(int) { 1 }, sizeof(int)));
    unbound = must(socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));
    generic = must(socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC));
    must(connect(generic, (struct sockaddr *)&(struct sockaddr_nl) { .nl_family = AF_NETLINK }, sizeof name));
    names[0] = name_of(route), names[1] = name_of(events);
}

// Asks for the loopback interface by its number.
static void expect_answer(const char *what, int fd)
{
    struct { struct nlmsghdr header; struct ifinfomsg link; } question = {
        { sizeof question, RTM_GETLINK, NLM_F_REQUEST, 7, 0 }, { .ifi_family = AF_UNSPEC, .ifi_index = 1 },
    };
    char answer[16384];
    must(send(fd, &question, sizeof question, 0));
    ssize_t n = recv(fd, answer, sizeof answer, 0);
    struct nlmsghdr *header = (struct nlmsghdr *)answer;
    expect(n > (ssize_t)sizeof *header && header->nlmsg_type == RTM_NEWLINK && header->nlmsg_seq == 7, "%s: an answer of type %d", what, header->nlmsg_type);
    expect(header->nlmsg_pid == name_of(fd).nl_pid, "%s: the answer is for port %u", what, header->nlmsg_pid);
}

static void verify(void)
{
    struct sockaddr_nl name = name_of(route);
    expect(name.nl_pid == names[0].nl_pid && name.nl_groups == 0, "the port is %u, was %u", name.nl_pid, names[0].nl_pid);
    name = name_of(events);
    expect(name.nl_pid == names[1].nl_pid && name.nl_groups == names[1].nl_groups, "port %u, groups %x; were %u, %x", name.nl_pid, name.nl_groups, names[1].nl_pid, names[1].nl_groups);
    unsigned groups[4] = { 0 };
    socklen_t size = sizeof groups;
    must(getsockopt(events, SOL_NETLINK, NETLINK_LIST_MEMBERSHIPS, groups, &size));
    for (int group = 1; group <= 64; group++)
        expect(((groups[(group - 1) / 32] >> (group - 1) % 32) & 1) == (group == RTNLGRP_IPV4_RULE || group == RTNLGRP_NSID), "group %d is wrong", group);
    expect(option_of(route, SOL_NETLINK, NETLINK_EXT_ACK) == 1 && option_of(route, SOL_NETLINK, NETLINK_GET_STRICT_CHK) == 1 && option_of(route, SOL_NETLINK, NETLINK_PKTINFO) == 0, "the options of the first changed");
    expect(option_of(events, SOL_NETLINK, NETLINK_PKTINFO) == 1 && option_of(events, SOL_NETLINK, NETLINK_EXT_ACK) == 0, "the options of the second changed");
    expect(option_of(route, SOL_SOCKET, SO_TYPE) == SOCK_DGRAM && option_of(events, SOL_SOCKET, SO_TYPE) == SOCK_RAW && option_of(generic, SOL_SOCKET, SO_PROTOCOL) == NETLINK_GENERIC, "a type or protocol changed");
    expect(option_of(route, SOL_SOCKET, SO_RCVBUF) == 100000, "the receive buffer is %d", option_of(route, SOL_SOCKET, SO_RCVBUF));
    expect((fcntl(route, F_GETFD) & FD_CLOEXEC) && (fcntl(events, F_GETFL) & O_NONBLOCK), "flags changed");
    expect_answer("the first", route), expect_answer("the second", events);
    int fresh = must(socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));
    expect(name_of(unbound).nl_pid == 0, "the unbound one has port %u", name_of(unbound).nl_pid);
    close(fresh);
}

TARGET(set_up, verify)
