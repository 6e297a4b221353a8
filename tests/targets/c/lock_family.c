// Locks in a family: a flock and an OFD lock that parent and child hold together through one description, POSIX locks of each, and a child that waits for one of its parent's.
#include "target.h"
#include <sys/file.h>
#include <sys/wait.h>

static struct pages { _Atomic int ask, answer, waiting, got; } *shared;
static int together, each, waited;
static pid_t child, waiter;

static struct flock range(short type, off_t start, off_t length)
{
    return (struct flock){ .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length };
}

// Whose lock is in the way at this byte: 0 for nobody's.
static pid_t holder(int fd, off_t at)
{
    struct flock found = range(F_WRLCK, at, 1);
    must(fcntl(fd, F_GETLK, &found));
    return found.l_type == F_UNLCK ? 0 : found.l_pid;
}

static void child_body(void)
{
    struct flock mine = range(F_WRLCK, 10, 10);
    must(fcntl(each, F_SETLK, &mine));
    for (int asked = 0;; sleep_ms(2)) {
        shared->waiting = 1;
        if (shared->ask == asked)
            continue;
        asked = shared->ask;
        int wrong = 0;
        if (holder(each, 0) != getppid())
            wrong = 1;
        if (holder(each, 10) != 0)
            wrong = 2;
        // Through the shared description the lock is taken again without a wait; a new one finds it in the way.
        if (flock(together, LOCK_EX | LOCK_NB) != 0)
            wrong = 3;
        struct flock ofd = range(F_WRLCK, 0, 0);
        if (fcntl(together, F_OFD_SETLK, &ofd) != 0)
            wrong = 4;
        shared->answer = asked * 10 + wrong;
    }
}

static void waiter_body(void)
{
    for (;;) {
        struct flock lock = range(F_WRLCK, 100, 1), unlock = range(F_UNLCK, 100, 1);
        must(fcntl(waited, F_SETLKW, &lock));
        must(fcntl(waited, F_SETLK, &unlock));
        shared->got = 1;
        while (shared->got)
            sleep_ms(1);
    }
}

static pid_t start(void (*body)(void))
{
    pid_t pid = must(fork());
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        body();
    }
    return pid;
}

static void set_up(void)
{
    shared = must(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    together = must(open(target_path("together"), O_RDWR | O_CREAT, 0600));
    each = must(open(target_path("each"), O_RDWR | O_CREAT, 0600));
    waited = must(open(target_path("waited"), O_RDWR | O_CREAT, 0600));
    struct flock all = range(F_WRLCK, 0, 0), mine = range(F_WRLCK, 0, 10), one = range(F_WRLCK, 100, 1);
    must(flock(together, LOCK_EX));
    must(fcntl(together, F_OFD_SETLK, &all));
    must(fcntl(each, F_SETLK, &mine));
    must(fcntl(waited, F_SETLK, &one));
    child = start(child_body);
    waiter = start(waiter_body);
    expect(eventually(shared->waiting), "the child is not ready");
}

static void verify(void)
{
    expect(holder(each, 10) == child && holder(each, 0) == 0, "the POSIX locks are held by %d, not %d", holder(each, 10), child);
    int fd = must(open(target_path("together"), O_RDWR));
    expect(flock(fd, LOCK_EX | LOCK_NB) == -1, "the shared flock is free");
    struct flock found = range(F_WRLCK, 0, 0);
    must(fcntl(fd, F_OFD_GETLK, &found));
    expect(found.l_type == F_WRLCK && found.l_pid == -1, "the shared OFD lock is free");
    close(fd);
    int asked = ++shared->ask;
    expect(eventually(shared->answer / 10 == asked), "the child does not answer");
    expect(shared->answer % 10 == 0, "the child found the lock in way %d wrong", shared->answer % 10);
    expect(!shared->got, "the waiter got the lock while it was held");
    struct flock lock = range(F_WRLCK, 100, 1), unlock = range(F_UNLCK, 100, 1);
    must(fcntl(waited, F_SETLK, &unlock));
    expect(eventually(shared->got), "the lock was released and the waiter did not get it");
    must(fcntl(waited, F_SETLK, &lock));
    shared->got = 0;
}

TARGET(set_up, verify)
