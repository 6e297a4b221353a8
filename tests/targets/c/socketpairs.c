// Unix socket pairs of every type with data queued both ways: order and packet bounds, options, shut down halves, a closed peer.
#include "sockets.h"

static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };
static int pair[3][2], half[2], widow, buffers;

static void queue(int from)
{
    for (int i = 0; i < 3; i++)
        for (int message = 0; message < 5; message++) {
            char text[2000];
            memset(text, 'a' + message, sizeof text);
            must(send(pair[i][from], text, 100 + message * 400, 0));
        }
}

static void expect_queued(int to)
{
    for (int i = 0; i < 3; i++)
        for (int message = 0; message < 5; message++) {
            char text[2000] = "";
            ssize_t want = 100 + message * 400, n = types[i] == SOCK_STREAM ? recv(pair[i][to], text, want, MSG_DONTWAIT) : recv(pair[i][to], text, sizeof text, MSG_DONTWAIT);
            expect(n == want && text[0] == 'a' + message && text[n - 1] == text[0], "message %d of socket type %d has %zd bytes", message, types[i], n);
        }
    for (int i = 0; i < 3; i++)
        expect(recv(pair[i][to], &(char) { 0 }, 1, MSG_DONTWAIT) == -1 && errno == EAGAIN, "socket type %d has more", types[i]);
}

static void set_up(void)
{
    for (int i = 0; i < 3; i++)
        must(socketpair(AF_UNIX, types[i] | (i == 1 ? SOCK_NONBLOCK | SOCK_CLOEXEC : 0), 0, pair[i]));
    must(setsockopt(pair[0][0], SOL_SOCKET, SO_SNDBUF, &(int) { 30000 }, sizeof(int)));
    must(setsockopt(pair[0][1], SOL_SOCKET, SO_RCVBUF, &(int) { 40000 }, sizeof(int)));
    must(setsockopt(pair[0][1], SOL_SOCKET, SO_PASSCRED, &(int) { 1 }, sizeof(int)));
    buffers = option_of(pair[0][0], SOL_SOCKET, SO_SNDBUF);
    must(socketpair(AF_UNIX, SOCK_STREAM, 0, half));
    must(send(half[0], "tail", 4, 0));
    must(shutdown(half[0], SHUT_WR));
    int ends[2];
    must(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
    must(send(ends[1], "farewell", 8, 0));
    close(ends[1]);
    widow = ends[0];
    queue(0), queue(1);
}

static void verify(void)
{
    expect_queued(1), expect_queued(0);
    expect(option_of(pair[0][0], SOL_SOCKET, SO_SNDBUF) == buffers, "the send buffer is %d, was %d", option_of(pair[0][0], SOL_SOCKET, SO_SNDBUF), buffers);
    expect(option_of(pair[0][1], SOL_SOCKET, SO_PASSCRED) == 1 && option_of(pair[0][0], SOL_SOCKET, SO_PASSCRED) == 0, "SO_PASSCRED changed");
    expect((fcntl(pair[1][0], F_GETFL) & O_NONBLOCK) && fcntl(pair[1][0], F_GETFD) == FD_CLOEXEC && !(fcntl(pair[0][0], F_GETFL) & O_NONBLOCK), "flags changed");
    static bool drained;
    char text[10] = "";
    if (!drained)
        expect(recv(half[1], text, 10, 0) == 4 && recv(widow, text, 10, 0) == 8, "the last words are lost");
    drained = true;
    expect(recv(half[1], text, 10, MSG_DONTWAIT) == 0, "the shut down half is open");
    expect(send(half[1], "x", 1, 0) == 1 && recv(half[0], text, 1, MSG_DONTWAIT) == 1, "the other half is closed");
    expect(recv(widow, text, 10, MSG_DONTWAIT) == 0 && send(widow, "x", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE, "the socket whose peer is closed lives");
    queue(0), queue(1);
}

TARGET(set_up, verify)
