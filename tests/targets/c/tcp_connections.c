// TCP connections with both ends in the tree, in one process and in two, over IPv4, IPv6 and mapped addresses: what either end has not
// read yet, half-closed ones, one whose other end has gone, one that has ended, options, and the port that a listener shares with them.
// flags: --tcp-established
#include "sockets.h"
#include <poll.h>
#include <sys/wait.h>

enum { FOUR, SIX, MAPPED, LINKS };
enum { LARGE = 60000 };

static int listener[LINKS], client[LINKS], server[LINKS], ports[LINKS][2];
static int half_client, half_server, left_alone, ended, deaf, deaf_peer, child_end, orders;
static uint64_t step;

static int wait_accept(int fd)
{
    int accepted;
    while ((accepted = accept4(fd, NULL, NULL, SOCK_CLOEXEC)) < 0 && errno == EINTR)
        ;
    return must(accepted);
}

static void link_up(int i, int *one, int *other)
{
    struct sockaddr_in6 name;
    socklen_t size = sizeof name;
    must(getsockname(listener[i], (struct sockaddr *)&name, &size));
    if (i == MAPPED) {
        struct sockaddr_in four = loopback(ntohs(name.sin6_port));
        memcpy(&name, &four, size = sizeof four);
    }
    *one = must(socket(i == SIX ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    must(connect(*one, (struct sockaddr *)&name, size));
    *other = wait_accept(listener[i]);
}

static void put(int fd, uint64_t seed, size_t length)
{
    unsigned char bytes[LARGE];
    for (size_t i = 0; i < length; i++)
        bytes[i] = (unsigned char)mix(seed + i);
    expect(send(fd, bytes, length, MSG_NOSIGNAL) == (ssize_t)length, "send %zu bytes: %s", length, strerror(errno));
}

static void take(int fd, uint64_t seed, size_t length, const char *what)
{
    unsigned char bytes[LARGE];
    ssize_t got = recv(fd, bytes, length, MSG_WAITALL);
    expect(got == (ssize_t)length, "%s: %zd of %zu bytes came: %s", what, got, length, strerror(errno));
    for (ssize_t i = 0; i < got; i++) {
        if (bytes[i] != (unsigned char)mix(seed + (uint64_t)i)) {
            fail("%s: byte %zd is wrong", what, i);
            return;
        }
    }
}

static void expect_end(int fd, const char *what)
{
    char byte;
    ssize_t got = recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK);
    expect(got == 0, "%s: recv gives %zd %s, not the end", what, got, strerror(errno));
}

static void expect_open(int fd, const char *what)
{
    char byte;
    ssize_t got = recv(fd, &byte, 1, MSG_DONTWAIT);
    expect(got == -1 && errno == EAGAIN, "%s: recv gives %zd %s", what, got, strerror(errno));
}

static void in_child(void)
{
    char byte;
    while (recv(child_end, &byte, 1, 0) == 1 && send(child_end, &(char) { (char)(byte + 1) }, 1, MSG_NOSIGNAL) == 1)
        ;
    _exit(0);
}

static void set_up(void)
{
    struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT }, any = { .sin6_family = AF_INET6 };
    struct sockaddr_in four = loopback(0);
    for (int i = 0; i < LINKS; i++) {
        listener[i] = must(socket(i == FOUR ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
        if (i != FOUR)
            must(setsockopt(listener[i], IPPROTO_IPV6, IPV6_V6ONLY, &(int) { i == SIX }, sizeof(int)));
        must(setsockopt(listener[i], SOL_SOCKET, SO_REUSEADDR, &(int) { 1 }, sizeof(int))); // or what has gone bars the port
        struct sockaddr *name = i == FOUR ? (struct sockaddr *)&four : i == SIX ? (struct sockaddr *)&six : (struct sockaddr *)&any;
        if (bind(listener[i], name, i == FOUR ? sizeof four : sizeof six) != 0)
            skip("no IPv6 on the loopback device");
        must(listen(listener[i], 8));
        link_up(i, &client[i], &server[i]);
        ports[i][0] = port_of(client[i]);
        ports[i][1] = port_of(server[i]);
        must(setsockopt(server[i], IPPROTO_TCP, TCP_NODELAY, &(int) { 1 }, sizeof(int)));
        must(setsockopt(client[i], SOL_SOCKET, SO_KEEPALIVE, &(int) { 1 }, sizeof(int)));
        must(setsockopt(client[i], IPPROTO_TCP, TCP_KEEPIDLE, &(int) { 77 + i }, sizeof(int)));
        must(setsockopt(server[i], IPPROTO_TCP, TCP_USER_TIMEOUT, &(int) { 5000 + i }, sizeof(int)));
    }
    must(fcntl(client[SIX], F_SETFL, O_NONBLOCK));
    must(setsockopt(client[FOUR], SOL_SOCKET, SO_RCVBUF, &(int) { 100000 }, sizeof(int)));
    link_up(FOUR, &half_client, &half_server);
    put(half_client, 1, 1000);
    must(shutdown(half_client, SHUT_WR));
    int gone;
    link_up(FOUR, &left_alone, &gone);
    put(gone, 2, 500);
    close(gone);
    link_up(FOUR, &ended, &gone);
    put(gone, 3, 700);
    must(shutdown(gone, SHUT_WR));
    must(shutdown(ended, SHUT_WR));
    close(gone);
    link_up(FOUR, &deaf, &deaf_peer);
    must(shutdown(deaf, SHUT_RD));
    link_up(FOUR, &orders, &child_end);
    pid_t child = must(fork());
    if (child == 0) {
        close(orders);
        in_child();
    }
    close(child_end);
    for (int i = 0; i < LINKS; i++) {
        put(client[i], step * 10 + (uint64_t)i, i == FOUR ? LARGE : 100);
        put(server[i], step * 10 + 5 + (uint64_t)i, 50);
    }
}

static void verify_links(void)
{
    for (int i = 0; i < LINKS; i++) {
        take(server[i], step * 10 + (uint64_t)i, i == FOUR ? LARGE : 100, "to the server");
        take(client[i], step * 10 + 5 + (uint64_t)i, 50, "to the client");
        expect_open(client[i], "a client");
        expect(port_of(client[i]) == ports[i][0] && port_of(server[i]) == ports[i][1], "ports of link %d became %d and %d", i, port_of(client[i]), port_of(server[i]));
        struct sockaddr_in6 name;
        socklen_t size = sizeof name;
        must(getpeername(server[i], (struct sockaddr *)&name, &size));
        expect(ntohs(name.sin6_port) == ports[i][0] && name.sin6_family == (i == FOUR ? AF_INET : AF_INET6), "the peer of server %d is port %d, family %d", i, ntohs(name.sin6_port), name.sin6_family);
        expect(i != MAPPED || IN6_IS_ADDR_V4MAPPED(&name.sin6_addr), "the mapped peer is not mapped");
        expect(option_of(server[i], IPPROTO_TCP, TCP_NODELAY) == 1 && option_of(client[i], IPPROTO_TCP, TCP_NODELAY) == 0, "TCP_NODELAY of link %d", i);
        expect(option_of(client[i], SOL_SOCKET, SO_KEEPALIVE) == 1 && option_of(server[i], SOL_SOCKET, SO_KEEPALIVE) == 0, "SO_KEEPALIVE of link %d", i);
        expect(option_of(client[i], IPPROTO_TCP, TCP_KEEPIDLE) == 77 + i && option_of(server[i], IPPROTO_TCP, TCP_USER_TIMEOUT) == 5000 + i, "times of link %d", i);
        expect(option_of(client[i], SOL_SOCKET, SO_REUSEADDR) == 0 && option_of(server[i], SOL_SOCKET, SO_REUSEADDR) == 1, "SO_REUSEADDR of link %d", i);
        expect(((must(fcntl(client[i], F_GETFL)) & O_NONBLOCK) != 0) == (i == SIX), "O_NONBLOCK of link %d", i);
        int one, other;
        link_up(i, &one, &other); // the listener still takes more
        put(one, 9, 10);
        take(other, 9, 10, "a new connection");
        must(setsockopt(one, SOL_SOCKET, SO_LINGER, &(struct linger) { 1, 0 }, sizeof(struct linger)));
        close(one);
        close(other);
    }
    expect(option_of(client[FOUR], SOL_SOCKET, SO_RCVBUF) == 200000, "SO_RCVBUF is %d", option_of(client[FOUR], SOL_SOCKET, SO_RCVBUF));
}

static void verify(void)
{
    verify_links();
    // Half of what was left is read before the first checkpoint, and the other half behind it; from then on there is the end.
    if (step < 2) {
        take(half_server, 1 + step * 500, 500, "to the half-closed server");
        take(left_alone, 2 + step * 250, 250, "from the peer that has gone");
        take(ended, 3 + step * 350, 350, "from the connection that has ended");
    }
    step++;
    for (int i = 0; i < LINKS; i++) {
        put(client[i], step * 10 + (uint64_t)i, i == FOUR ? LARGE : 100);
        put(server[i], step * 10 + 5 + (uint64_t)i, 50);
    }
    put(half_server, step, 10);
    take(half_client, step, 10, "to the half-closed client");
    expect(send(half_client, "x", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE, "the half-closed client sends");
    struct pollfd deaf_state = { .fd = deaf, .events = POLLRDHUP };
    expect(poll(&deaf_state, 1, 0) == 1 && deaf_state.revents & POLLRDHUP, "the deaf one hears: %x", deaf_state.revents);
    expect_open(deaf_peer, "the peer of the deaf one");
    put(deaf, step, 5);
    take(deaf_peer, step, 5, "from the deaf one");
    if (step >= 2) {
        expect_end(half_server, "the half-closed server");
        expect_end(left_alone, "the one left alone");
        expect_end(ended, "the one that has ended");
    }
    expect(send(ended, "x", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE, "the one that has ended sends");
    char byte = (char)step;
    must(send(orders, &byte, 1, MSG_NOSIGNAL));
    expect(recv(orders, &byte, 1, 0) == 1 && byte == (char)(step + 1), "the child answers %d", byte);
}

TARGET(set_up, verify)
