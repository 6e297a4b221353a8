// Threads that are in system calls all the time, fast and slow ones: no call is lost, done twice, or answered with another call's answer.
#include "target.h"
#include <sys/socket.h>

static volatile long turns[5];
static long seen[5];
static int stream[2], pair[2], file;

static void *writer(void *argument UNUSED)
{
    static unsigned char block[100000];
    for (uint64_t position = 0;; turns[0]++) {
        size_t size = 1 + mix(position) % sizeof block, done = 0;
        for (size_t i = 0; i < size; i++)
            block[i] = (unsigned char)((position + i) * 31 >> 3);
        while (done < size) {
            ssize_t n = write(stream[1], block + done, size - done);
            expect(n > 0, "write gives %zd, %s", n, strerror(errno));
            done += n > 0 ? (size_t)n : 0;
        }
        position += size;
    }
    return NULL;
}

static void *reader(void *argument UNUSED)
{
    static unsigned char block[77777];
    for (uint64_t position = 0;; turns[1]++) {
        ssize_t n = read(stream[0], block, sizeof block);
        expect(n > 0, "read gives %zd, %s", n, strerror(errno));
        for (ssize_t i = 0; i < n; i++, position++)
            if (block[i] != (unsigned char)(position * 31 >> 3)) {
                fail("byte %lu of the stream is wrong", (unsigned long)position);
                return NULL;
            }
    }
}

static void *caller(void *argument UNUSED)
{
    long pid = getpid(), tid = syscall(SYS_gettid);
    for (;; turns[2]++) {
        expect(syscall(SYS_getpid) == pid && syscall(SYS_gettid) == tid, "getpid or gettid gives another's answer");
        expect(syscall(SYS_close, -1) == -1 && errno == EBADF, "close(-1) gives no EBADF");
        char byte = (char)turns[2];
        expect(pwrite(file, &byte, 1, 10) == 1 && pread(file, &byte, 1, 10) == 1 && byte == (char)turns[2], "pread does not give what pwrite wrote");
        void *memory = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        expect(memory != MAP_FAILED && zeroed(memory, 3 * PAGE), "mmap gives memory that is not zero");
        memset(memory, 1, 3 * PAGE);
        expect(munmap(memory, 3 * PAGE) == 0, "munmap: %s", strerror(errno));
    }
    return NULL;
}

static void *echo(void *argument)
{
    int me = (int)(intptr_t)argument;
    long ball;
    for (;; turns[3 + me]++) {
        expect(recv(pair[me], &ball, sizeof ball, 0) == sizeof ball, "recv: %s", strerror(errno));
        expect(ball == 2 * turns[3 + me] + me, "the ball is %ld at end %d in turn %ld", ball, me, turns[3 + me]);
        ball++;
        expect(send(pair[me], &ball, sizeof ball, 0) == sizeof ball, "send: %s", strerror(errno));
    }
    return NULL;
}

static void set_up(void)
{
    must(pipe(stream));
    must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    file = must(open(target_path("file"), O_RDWR | O_CREAT, 0600));
    must(ftruncate(file, 100));
    spawn(writer, NULL), spawn(reader, NULL), spawn(caller, NULL);
    spawn(echo, (void *)0), spawn(echo, (void *)1);
    must(send(pair[1], &(long) { 0 }, sizeof(long), 0));
}

static void verify(void)
{
    for (int i = 0; i < 5; i++) {
        expect(eventually(turns[i] > seen[i] + 5), "worker %d stands still", i);
        seen[i] = turns[i];
    }
}

TARGET(set_up, verify)
