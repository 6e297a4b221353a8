// Pipes: their queued data, size, flags of each end, several descriptors of one end, and ends whose other end is closed.
#include "target.h"

enum { QUEUED = 50000 };
static int full[2], empty[2], resized[2], reader_only, writer_only, second_writer;

static void set_up(void)
{
    static char block[200000];
    must(pipe2(full, O_CLOEXEC));
    must(pipe(empty));
    must(pipe(resized));
    must(fcntl(resized[1], F_SETPIPE_SZ, 256 * 1024));
    must(fcntl(full[0], F_SETFL, O_NONBLOCK)); // one end only
    second_writer = must(dup(full[1]));
    int ends[2];
    must(pipe(ends));
    must(write(ends[1], "last words", 10));
    close(ends[1]);
    reader_only = ends[0];
    must(pipe(ends));
    close(ends[0]);
    writer_only = ends[1];
    fill(block, sizeof block, 8);
    must(write(resized[1], block, sizeof block));
    fill(block, QUEUED, 6);
    must(write(full[1], block, QUEUED));
}

static void verify(void)
{
    static char block[200008];
    expect(read(full[0], block, sizeof block) == QUEUED && filled(block, QUEUED, 6), "the queued data changed");
    expect(read(full[0], block, 1) == -1 && errno == EAGAIN, "the pipe has more than was queued, or its reader is not O_NONBLOCK");
    expect((fcntl(full[1], F_GETFL) & O_NONBLOCK) == 0 && fcntl(full[1], F_GETFD) == FD_CLOEXEC, "the writer's flags changed");
    must(write(second_writer, "abc", 3));
    expect(read(full[0], block, 10) == 3, "the duplicate of the writer writes elsewhere");
    fill(block, QUEUED, 6);
    must(write(full[1], block, QUEUED));

    expect(fcntl(resized[0], F_GETPIPE_SZ) == 256 * 1024, "the pipe's size is %d", fcntl(resized[0], F_GETPIPE_SZ));
    size_t got = 0;
    for (ssize_t n; got < 200000 && (n = read(resized[0], block + got, 200000 - got)) > 0;)
        got += (size_t)n;
    expect(got == 200000 && filled(block, 200000, 8), "the resized pipe's data changed");
    expect(write(resized[1], block, 200000) == 200000, "the resized pipe is smaller");

    must(write(empty[1], "x", 1));
    expect(read(empty[0], block, 10) == 1 && block[0] == 'x', "the empty pipe was not empty");
    static int reads;
    ssize_t n = read(reader_only, block, 5);
    expect(reads < 2 ? n == 5 && memcmp(block, reads ? "words" : "last ", 5) == 0 : n == 0, "the pipe without a writer gives %zd", n);
    reads++;
    signal(SIGPIPE, SIG_IGN);
    expect(write(writer_only, "x", 1) == -1 && errno == EPIPE, "the pipe without a reader can be written");
}

TARGET(set_up, verify)
