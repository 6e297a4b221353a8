// Listening TCP sockets, IPv4 and IPv6 (where there is any), with their port and options: they accept new connections.
#include "sockets.h"

static int listener[2] = { -1, -1 }, port[2], unbound;

static void set_up(void)
{
    struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    struct sockaddr_in four = loopback(0);
    for (int i = 0; i < 2; i++) {
        int fd = socket(i ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd < 0 || (i && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &(int) { 1 }, sizeof(int)) != 0)
            || bind(fd, i ? (struct sockaddr *)&six : (struct sockaddr *)&four, i ? sizeof six : sizeof four) != 0) {
            if (i == 0)
                must(-1);
            close(fd);
            continue;
        }
        must(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int) { i }, sizeof(int)));
        must(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int) { 1 }, sizeof(int)));
        must(setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &(int) { 1 }, sizeof(int)));
        must(listen(fd, 9));
        listener[i] = fd;
        port[i] = port_of(fd);
    }
    unbound = must(socket(AF_INET, SOCK_STREAM, 0)); // never bound nor connected
}

static void verify(void)
{
    struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT, .sin6_port = htons((uint16_t)port[1]) };
    struct sockaddr_in four = loopback(port[0]);
    for (int i = 0; i < 2; i++) {
        if (listener[i] < 0)
            continue;
        expect(port_of(listener[i]) == port[i], "port %d became %d", port[i], port_of(listener[i]));
        expect(option_of(listener[i], SOL_SOCKET, SO_REUSEADDR) == i && option_of(listener[i], IPPROTO_TCP, TCP_NODELAY) == 1
            && option_of(listener[i], SOL_SOCKET, SO_KEEPALIVE) == 1, "options of listener %d changed", i);
        int client = must(socket(i ? AF_INET6 : AF_INET, SOCK_STREAM, 0)), server = -1;
        if (connect(client, i ? (struct sockaddr *)&six : (struct sockaddr *)&four, i ? sizeof six : sizeof four) != 0) {
            fail("connect to port %d: %s", port[i], strerror(errno));
            return;
        }
        expect(eventually((server = accept(listener[i], NULL, NULL)) >= 0), "accept on port %d: %s", port[i], strerror(errno));
        char text[8] = "";
        must(send(client, "hello", 5, 0));
        expect(recv(server, text, 8, 0) == 5, "the connection on port %d is dumb", port[i]);
        close(client);
        recv(server, text, 8, 0); // the client closes first, so that the port itself has no connection in TIME_WAIT
        close(server);
    }
    expect(port_of(unbound) == 0, "the unbound socket has port %d", port_of(unbound));
}

TARGET(set_up, verify)
