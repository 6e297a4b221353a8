// Unix streams that have ended: the peer closed with data left, with data unread (a reset), half shut both ways, with and without names.
#include "sockets.h"
#include <poll.h>

static const int types[] = { SOCK_STREAM, SOCK_SEQPACKET };
static int reset[2], survivor[2], named[2], reading[2][2], writing[2][2], listener[2];

static void closed_client(int i)
{
    struct sockaddr_un address = unix_address(i ? "packets" : "stream");
    int fd = must(socket(AF_UNIX, types[i], 0));
    must(connect(fd, (struct sockaddr *)&address, sizeof address));
    named[i] = must(accept(listener[i], NULL, NULL));
    must(send(fd, "bye", 3, 0));
    close(fd);
    fd = must(socket(AF_UNIX, types[i], 0));
    must(connect(fd, (struct sockaddr *)&address, sizeof address));
    survivor[i] = fd;
    fd = must(accept(listener[i], NULL, NULL));
    must(send(fd, "from the server", 15, 0));
    close(fd);
}

static void set_up(void)
{
    for (int i = 0; i < 2; i++) {
        struct sockaddr_un address = unix_address(i ? "packets" : "stream");
        listener[i] = must(socket(AF_UNIX, types[i], 0));
        must(bind(listener[i], (struct sockaddr *)&address, sizeof address));
        must(listen(listener[i], 3));
        int ends[2];
        must(socketpair(AF_UNIX, types[i], 0, ends));
        must(send(ends[0], "unread", 6, 0));
        close(ends[1]);
        reset[i] = ends[0];
        closed_client(i);
        must(socketpair(AF_UNIX, types[i], 0, reading[i]));
        must(shutdown(reading[i][0], SHUT_RD));
        must(socketpair(AF_UNIX, types[i], 0, writing[i]));
        must(send(writing[i][0], "last", 4, 0));
        must(shutdown(writing[i][0], SHUT_WR));
    }
}

static void expect_end(const char *what, int i, int fd, const char *text)
{
    char found[30] = "";
    expect(recv(fd, found, sizeof found, 0) == (ssize_t)strlen(text) && strcmp(found, text) == 0, "%s %d: '%s' instead of '%s'", what, i, found, text);
    expect(recv(fd, found, sizeof found, 0) == 0, "%s %d goes on", what, i);
    expect(send(fd, "x", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE, "%s %d can be written to", what, i);
}

static void verify(void)
{
    for (int i = 0; i < 2; i++) {
        struct sockaddr_un wanted = unix_address(i ? "packets" : "stream"), address = { 0 };
        socklen_t size = sizeof address;
        must(getpeername(survivor[i], (struct sockaddr *)&address, &size));
        expect(strcmp(address.sun_path, wanted.sun_path) == 0, "the peer that closed is forgotten: '%s'", address.sun_path);
        size = sizeof address;
        must(getsockname(named[i], (struct sockaddr *)&address, &size));
        expect(strcmp(address.sun_path, wanted.sun_path) == 0, "the accepted socket has another name: '%s'", address.sun_path);
        expect_end("survivor", i, survivor[i], "from the server");
        expect_end("accepted", i, named[i], "bye");
        close(survivor[i]), close(named[i]);
        closed_client(i);
        struct pollfd poller = { .fd = reset[i] };
        expect(poll(&poller, 1, 0) == 1 && (poller.revents & POLLERR), "%d has no error", i);
        char text[10];
        expect(recv(reset[i], text, 10, 0) == -1 && errno == ECONNRESET, "%d is not reset: %s", i, strerror(errno));
        expect(recv(reset[i], text, 10, 0) == 0, "%d goes on after a reset", i);
        close(reset[i]);
        int ends[2];
        must(socketpair(AF_UNIX, types[i], 0, ends));
        must(send(ends[0], "unread", 6, 0));
        close(ends[1]);
        reset[i] = ends[0];
        expect(send(reading[i][1], "x", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE, "%d takes what nobody reads", i);
        expect(recv(reading[i][0], text, 10, 0) == 0, "%d is read", i);
        expect(send(reading[i][0], "one way", 7, 0) == 7 && recv(reading[i][1], text, 10, 0) == 7, "%d is closed for writing", i);
        static bool drained[2];
        if (!drained[i])
            expect(recv(writing[i][1], text, 10, 0) == 4, "the last words of %d are lost", i);
        drained[i] = true;
        expect(recv(writing[i][1], text, 10, 0) == 0, "%d goes on", i);
        expect(send(writing[i][0], "x", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE, "%d can be written to", i);
        expect(send(writing[i][1], "back", 4, 0) == 4 && recv(writing[i][0], text, 10, 0) == 4, "%d is closed for reading", i);
    }
}

TARGET(set_up, verify)
