// Socket pairs whose ends are in different processes: queued data both ways, packets' borders, half-shut directions, and the peer's credentials.
#include "family.h"
#include <sys/socket.h>

// The root keeps end 0 of each, member 0 end 1 of the first two, member 1 end 1 of the others; member 0 is the maker of a pair with its child 2.
enum { STREAM, DATAGRAM, PACKET, HALF, PAIRS, MEMBERS = 3 };
static const int types[PAIRS] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM };
static int pair[PAIRS][2], inner[2];

static void put(int fd, const char *text) { expect(send(fd, text, strlen(text), MSG_DONTWAIT) == (ssize_t)strlen(text), "send %s: %s", text, strerror(errno)); }

static void get(int fd, size_t size, const char *text, const char *what)
{
    char got[64] = "";
    ssize_t n = recv(fd, got, size, MSG_DONTWAIT);
    expect(n == (ssize_t)strlen(text) && memcmp(got, text, strlen(text)) == 0, "%s: %zd bytes %s, not %s", what, n, got, text);
}

static void expect_empty(int fd, const char *what)
{
    char byte;
    expect(recv(fd, &byte, 1, MSG_DONTWAIT) == -1 && errno == EAGAIN, "%s has more", what);
}

static void expect_peer(int fd, pid_t maker)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    must(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size));
    expect(peer.pid == maker && peer.uid == getuid() && peer.gid == getgid(), "the peer is pid %d uid %d gid %d", peer.pid, peer.uid, peer.gid);
}

static int mine(int p) { return pair[p][1]; }
static int owner(int p) { return p < 2 ? 0 : 1; }

static void queue(int p, int end)
{
    if (p == HALF)
        return;
    put(pair[p][end], end ? "up one, " : "down one, ");
    put(pair[p][end], end ? "up two" : "down two");
}

static void receive(int p, int end)
{
    const char *first = end ? "down one, " : "up one, ", *second = end ? "down two" : "up two";
    if (p == STREAM)
        get(pair[p][end], 40, end ? "down one, down two" : "up one, up two", "the stream");
    if (p == DATAGRAM || p == PACKET) {
        get(pair[p][end], 40, first, "the first packet");
        get(pair[p][end], 40, second, "the second packet");
    }
    if (p != HALF)
        expect_empty(pair[p][end], "a socket");
}

static void prove(int i)
{
    char byte;
    for (int p = 0; p < PAIRS; p++)
        if (owner(p) == i && board->phase == 0) {
            receive(p, 1);
            expect_peer(mine(p), board->root);
        } else if (owner(p) == i && board->phase == 1) {
            queue(p, 1);
        }
    if (i == 1 && board->phase == 0) {
        expect(recv(mine(HALF), &byte, 1, MSG_DONTWAIT) == 0, "no end of file after the root's shutdown");
        put(mine(HALF), "still open");
    }
    if (i == 0 && board->phase == 2)
        put(inner[0], "inside");
    if (i == 2 && board->phase == 3) {
        get(inner[1], 40, "inside", "the pair of member 0");
        expect_peer(inner[1], pid_of(0));
    }
}

static void set(int i)
{
    for (int p = 0; p < PAIRS; p++) {
        close(pair[p][0]);
        if (owner(p) != i)
            close(pair[p][1]);
    }
    if (i == 0) {
        must(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, inner));
        family_fork(2, NULL, prove);
        family_await(2);
        close(inner[1]);
    }
}

static void queue_all(void)
{
    for (int p = 0; p < PAIRS; p++)
        queue(p, 0);
    family_ask(1);
}

static void set_up(void)
{
    family_open();
    for (int p = 0; p < PAIRS; p++)
        must(socketpair(AF_UNIX, types[p], 0, pair[p]));
    family_fork(0, set, prove);
    family_fork(1, set, prove);
    family_await_all(MEMBERS);
    for (int p = 0; p < PAIRS; p++)
        close(pair[p][1]);
    must(shutdown(pair[HALF][0], SHUT_WR));
    queue_all();
}

static void verify(void)
{
    family_ask(0);
    for (int p = 0; p < PAIRS; p++) {
        receive(p, 0);
        expect_peer(pair[p][0], board->root);
    }
    get(pair[HALF][0], 40, "still open", "the half-shut stream");
    expect(send(pair[HALF][0], "x", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE, "the shut direction can be written");
    family_ask(2);
    family_ask(3);
    queue_all();
}

TARGET(set_up, verify)
