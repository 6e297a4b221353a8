// Pipes between processes: what is queued in both directions is read once, in order, by whoever reads first; one pipe has two writers and a reader.
#include "family.h"

// Member 0 has a pipe from and to the root; member 1 reads what the root and member 0 write; the root and members 0 and 1 all read `shared`.
enum { MEMBERS = 2, DOWN = 3000, UP = 5000, PIECE = 700, SHARED_BYTES = 90 };
static int down[2], up[2], two_writers[2], shared[2];
static uint64_t turn;

static void put(int fd, size_t size, uint64_t seed)
{
    static char block[8192];
    fill(block, size, seed);
    expect(write(fd, block, size) == (ssize_t)size, "a write of %zu bytes: %s", size, strerror(errno));
}

static void get(int fd, size_t size, uint64_t seed, const char *what)
{
    static char block[8192];
    size_t got = 0;
    for (ssize_t n; got < size && (n = read(fd, block + got, size - got)) > 0;)
        got += (size_t)n;
    expect(got == size && filled(block, size, seed), "%s: %zu bytes of %zu, or others", what, got, size);
}

static void expect_empty(int fd, const char *what)
{
    char byte;
    int flags = must(fcntl(fd, F_GETFL));
    must(fcntl(fd, F_SETFL, flags | O_NONBLOCK));
    expect(read(fd, &byte, 1) == -1 && errno == EAGAIN, "%s has more", what);
    must(fcntl(fd, F_SETFL, flags));
}

static void queue(int who)
{
    if (who < 0) {
        put(down[1], DOWN, turn);
        put(two_writers[1], PIECE, turn + 10);
    } else if (who == 0) {
        put(up[1], UP, turn + 20);
        put(two_writers[1], PIECE, turn + 30);
    }
}

static void read_shared(int who)
{
    char block[SHARED_BYTES / 3];
    expect(read(shared[0], block, sizeof block) == sizeof block && block[0] == 'a' + who + 1 && block[sizeof block - 1] == 'a' + who + 1,
        "process %d reads %c from the pipe that all read", who, block[0]);
}

static void prove(int i)
{
    switch (board->phase) {
    case 1:
        if (i == 0) {
            get(down[0], DOWN, turn, "from the root");
            expect_empty(down[0], "the pipe from the root");
        } else {
            get(two_writers[0], PIECE, turn + 10, "from the first of two writers");
            get(two_writers[0], PIECE, turn + 30, "from the second of two writers");
            expect_empty(two_writers[0], "the pipe with two writers");
        }
        break;
    case 2: if (i == 0) read_shared(i); break;
    case 3: if (i == 1) read_shared(i); break;
    case 4: turn++; break;
    case 5: queue(i); break;
    }
}

static void set(int i)
{
    close(down[1]);
    close(up[0]);
    if (i == 1) {
        close(down[0]);
        close(up[1]);
        close(two_writers[1]);
    } else {
        close(two_writers[0]);
    }
}

static void queue_all(void)
{
    queue(-1);
    family_ask(5);
    for (int i = 0; i < 3; i++) {
        char block[SHARED_BYTES / 3];
        memset(block, 'a' + i, sizeof block);
        must(write(shared[1], block, sizeof block));
    }
}

static void set_up(void)
{
    must(pipe(down));
    must(pipe(up));
    must(pipe(two_writers));
    must(pipe(shared));
    family_start(MEMBERS, set, prove);
    close(down[0]);
    close(up[1]);
    close(two_writers[0]);
    queue_all();
}

static void verify(void)
{
    family_ask(1);
    get(up[0], UP, turn + 20, "from member 0");
    expect_empty(up[0], "the pipe from member 0");
    read_shared(-1);
    family_ask(2);
    family_ask(3);
    family_ask(4);
    turn++;
    queue_all();
}

TARGET(set_up, verify)
