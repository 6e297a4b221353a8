// With --tcp-close, TCP connections come back as ones that have ended, whether both ends are in the tree or one is outside; their listener
// takes new ones. Left running, they go on as before. A restored listener has another cookie (SO_COOKIE), which tells the two apart.
// flags: --tcp-close
#include "sockets.h"
#include <poll.h>
#include <sys/wait.h>

static int listener, inside[2], outside, waiting, six[2], port, rounds;
static uint64_t cookie;

static uint64_t cookie_of(int fd)
{
    uint64_t value;
    socklen_t size = sizeof value;
    must(getsockopt(fd, SOL_SOCKET, SO_COOKIE, &value, &size));
    return value;
}

static int client(void)
{
    struct sockaddr_in name = loopback(port);
    int fd = must(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    must(connect(fd, (struct sockaddr *)&name, sizeof name));
    return fd;
}

// A client outside of the tree: its parent leaves it to init. It ends with its connection, or with the target's state directory.
static void connect_from_outside(void)
{
    pid_t child = must(fork());
    if (child == 0) {
        if (fork() != 0)
            _exit(0);
        must(setsid());
        int fd = client();
        close(listener);
        struct pollfd end = { .fd = fd, .events = POLLRDHUP };
        while (poll(&end, 1, 500) == 0 && access(target_path("."), F_OK) == 0)
            ;
        _exit(0);
    }
    must(waitpid(child, NULL, 0));
    outside = must(accept(listener, NULL, NULL));
}

static void set_up(void)
{
    struct sockaddr_in name = loopback(0);
    listener = must(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    must(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &(int) { 1 }, sizeof(int)));
    must(bind(listener, (struct sockaddr *)&name, sizeof name));
    must(listen(listener, 8));
    port = port_of(listener);
    connect_from_outside();
    inside[0] = client();
    inside[1] = must(accept(listener, NULL, NULL));
    must(send(inside[0], "lost", 4, 0));
    must(fcntl(inside[1], F_SETFL, O_NONBLOCK));
    must(setsockopt(inside[0], SOL_SOCKET, SO_KEEPALIVE, &(int) { 1 }, sizeof(int)));
    struct sockaddr_in6 any = { .sin6_family = AF_INET6 };
    int mapped = must(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
    must(bind(mapped, (struct sockaddr *)&any, sizeof any));
    must(listen(mapped, 1));
    any.sin6_addr = (struct in6_addr)IN6ADDR_LOOPBACK_INIT;
    any.sin6_port = htons((uint16_t)port_of(mapped));
    six[0] = must(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (connect(six[0], (struct sockaddr *)&any, sizeof any) != 0)
        skip("no IPv6 on the loopback device");
    six[1] = must(accept(mapped, NULL, NULL));
    close(mapped);
    waiting = client(); // and nobody accepts it
    cookie = cookie_of(listener);
}

static void expect_ended(int fd, const char *what)
{
    char byte;
    struct pollfd state = { .fd = fd, .events = POLLIN | POLLOUT | POLLRDHUP };
    expect(poll(&state, 1, 0) == 1 && (state.revents & (POLLHUP | POLLIN)) == (POLLHUP | POLLIN), "%s: events %x", what, state.revents);
    expect(recv(fd, &byte, 1, MSG_DONTWAIT) == 0, "%s: it can be read: %s", what, strerror(errno));
    expect(send(fd, "x", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE, "%s: it can be written: %s", what, strerror(errno));
    expect(shutdown(fd, SHUT_RDWR) == -1 && errno == ENOTCONN, "%s: it is connected: %s", what, strerror(errno));
}

static void verify(void)
{
    char text[8];
    if (cookie_of(listener) != cookie) {
        expect_ended(inside[0], "the client inside");
        expect_ended(inside[1], "the server of the client inside");
        expect_ended(outside, "the server of the client outside");
        expect_ended(six[0], "the IPv6 client");
        expect_ended(six[1], "the IPv6 server");
        expect_ended(waiting, "the client that was never accepted");
        expect((must(fcntl(inside[1], F_GETFL)) & O_NONBLOCK) != 0 && option_of(inside[0], SOL_SOCKET, SO_KEEPALIVE) == 1, "the closed ones have lost flags or options");
        expect(port_of(listener) == port && option_of(listener, SOL_SOCKET, SO_REUSEADDR) == 1, "the listener has changed");
        int one = client(), other = must(accept(listener, NULL, NULL));
        must(send(one, "hello", 5, 0));
        expect(recv(other, text, 8, 0) == 5, "a new connection is dumb");
        close(one);
        recv(other, text, 8, 0);
        close(other);
        return;
    }
    expect(recv(outside, text, 1, MSG_DONTWAIT) == -1 && errno == EAGAIN, "the client outside has gone");
    expect(send(inside[1], "back", 4, 0) == 4 && recv(inside[0], text, 4, 0) == 4, "the connection inside is dumb");
    expect(recv(inside[1], text, 4, MSG_PEEK | MSG_DONTWAIT) == 4, "the bytes that wait are lost");
    rounds++;
}

TARGET(set_up, verify)
