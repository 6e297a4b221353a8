// The end of a pipe comes when its last writer ends, and no sooner; a writer learns that its last reader ended. So nobody has an end too many.
#include "family.h"
#include <poll.h>

// Members 0 and 1 write to `lines`, which the root reads; member 2 reads `orders`, which the root writes.
enum { WRITER, SECOND, READER, MEMBERS };
static int lines[2], orders[2];

static void prove(int i)
{
    if (board->phase == 1 + i)
        _exit(0);
}

static void set(int i)
{
    close(lines[0]);
    close(orders[1]);
    if (i == READER)
        close(lines[1]);
    else
        close(orders[0]);
}

static void make(void)
{
    must(pipe(lines));
    must(pipe(orders));
    must(fcntl(lines[0], F_SETFL, O_NONBLOCK));
    must(write(lines[1], "last words", 10));
    for (int i = 0; i < MEMBERS; i++)
        family_fork(i, set, prove);
    close(lines[1]);
    close(orders[0]);
    family_await_all(MEMBERS);
}

static void set_up(void)
{
    signal(SIGPIPE, SIG_IGN);
    family_open();
    make();
}

static void end(int i)
{
    pid_t pid = pid_of(i);
    board->slot[i].pid = 0; // it won't answer
    family_ask(1 + i);
    must(waitpid(pid, NULL, 0));
}

static void verify(void)
{
    char byte[16];
    struct pollfd p = { orders[1], POLLOUT, 0 };
    family_ask(0);
    expect(read(lines[0], byte, sizeof byte) == 10 && memcmp(byte, "last words", 10) == 0, "the queued data is lost");
    expect(read(lines[0], byte, 1) == -1 && errno == EAGAIN, "the end came before the writers ended");
    end(WRITER);
    expect(read(lines[0], byte, 1) == -1 && errno == EAGAIN, "the end came before the last writer ended");
    end(SECOND);
    expect(read(lines[0], byte, 1) == 0, "no end of the pipe: someone has its writing end");
    expect(poll(&p, 1, 0) == 1 && p.revents == POLLOUT, "the reader is gone");
    end(READER);
    expect(write(orders[1], "x", 1) == -1 && errno == EPIPE, "someone has the reading end");
    close(lines[0]);
    close(orders[1]);
    make();
}

TARGET(set_up, verify)
