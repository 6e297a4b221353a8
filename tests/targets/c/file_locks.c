// Locks on files: flock(2), POSIX and OFD locks of fcntl(2), shared and exclusive, by range and to the end of the file, through
// duplicated descriptors, on files with a name, without one, and in memory. Another process proves from outside that each is held.
#include "target.h"
#include <sys/file.h>
#include <sys/wait.h>

static int flock_ex, flock_dup, flock_sh, posix_fd, ofd, ofd_other, deleted, memory;

static int make(const char *name)
{
    return must(open(target_path(name), O_RDWR | O_CREAT | O_EXCL, 0600));
}

static struct flock range(short type, off_t start, off_t length)
{
    return (struct flock){ .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length };
}

static void set_up(void)
{
    flock_ex = make("flock_ex");
    must(flock(flock_ex, LOCK_EX));
    flock_dup = must(dup(flock_ex));
    flock_sh = make("flock_sh");
    must(flock(flock_sh, LOCK_SH));
    posix_fd = make("posix");
    struct flock posix[] = { range(F_WRLCK, 10, 5), range(F_RDLCK, 100, 50), range(F_WRLCK, 1000, 0) };
    for (size_t i = 0; i < COUNT(posix); i++)
        must(fcntl(posix_fd, F_SETLK, &posix[i]));
    ofd = make("ofd");
    ofd_other = must(open(target_path("ofd"), O_RDWR));
    struct flock mine = range(F_WRLCK, 0, 8), both = range(F_RDLCK, 50, 50), other = range(F_WRLCK, 8, 8);
    must(fcntl(ofd, F_OFD_SETLK, &mine));
    must(fcntl(ofd, F_OFD_SETLK, &both));
    must(fcntl(ofd_other, F_OFD_SETLK, &both));
    must(fcntl(ofd_other, F_OFD_SETLK, &other));
    deleted = make("deleted");
    must(unlink(target_path("deleted")));
    must(flock(deleted, LOCK_EX));
    struct flock all = range(F_WRLCK, 0, 0);
    must(fcntl(deleted, F_SETLK, &all));
    memory = must(memfd_create("locked", MFD_CLOEXEC));
    must(fcntl(memory, F_SETLK, &all));
}

// What another description finds in the way of a write lock: nothing (F_UNLCK), or the type and range of the first lock.
static struct flock obstacle(int fd, off_t start, off_t length)
{
    struct flock found = range(F_WRLCK, start, length);
    must(fcntl(fd, F_OFD_GETLK, &found));
    return found;
}

static void expect_lock(int fd, const char *what, off_t start, off_t length, short type, pid_t owner)
{
    struct flock found = obstacle(fd, start, length ? 1 : 0);
    expect(found.l_type == type && found.l_start == start && found.l_len == length && found.l_pid == owner, "%s: type %d, %ld bytes from %ld, owner %d",
           what, found.l_type, (long)found.l_len, (long)found.l_start, found.l_pid);
}

static void verify_flock(const char *name, bool shared)
{
    int fd = must(open(target_path(name), O_RDWR));
    expect(flock(fd, LOCK_EX | LOCK_NB) == -1 && errno == EWOULDBLOCK, "%s is not locked", name);
    expect((flock(fd, LOCK_SH | LOCK_NB) == 0) == shared, "the lock of %s is %s", name, shared ? "not shared" : "shared");
    close(fd);
}

static void verify(void)
{
    verify_flock("flock_ex", false);
    verify_flock("flock_sh", true);
    // A lock is the description's: through one descriptor it is released, through the other it is taken again.
    must(flock(flock_dup, LOCK_UN));
    int fd = must(open(target_path("flock_ex"), O_RDONLY));
    expect(flock(fd, LOCK_EX | LOCK_NB) == 0, "two descriptors of one description have a lock each");
    close(fd);
    must(flock(flock_ex, LOCK_EX | LOCK_NB));

    // To close a descriptor of these files would end the process's own locks on them: a child looks, which has none.
    pid_t pid = getpid(), child = must(fork());
    if (child == 0) {
        int outside = must(open(target_path("posix"), O_RDWR));
        expect_lock(outside, "the first POSIX lock", 10, 5, F_WRLCK, pid);
        expect_lock(outside, "the second POSIX lock", 100, 50, F_RDLCK, pid);
        expect_lock(outside, "the third POSIX lock", 1000, 0, F_WRLCK, pid);
        expect(obstacle(outside, 15, 85).l_type == F_UNLCK && obstacle(outside, 150, 850).l_type == F_UNLCK, "there are more POSIX locks than before");
        char path[64];
        snprintf(path, sizeof path, "/proc/self/fd/%d", deleted);
        outside = must(open(path, O_RDWR));
        expect_lock(outside, "the deleted file", 0, 0, F_WRLCK, pid);
        expect(flock(outside, LOCK_SH | LOCK_NB) == -1, "the deleted file is not locked");
        snprintf(path, sizeof path, "/proc/self/fd/%d", memory);
        expect_lock(must(open(path, O_RDWR)), "the memory file", 0, 0, F_WRLCK, pid);
        _exit(target_failure[0] ? 1 : 0);
    }
    int status;
    must(waitpid(child, &status, 0));
    expect(status == 0, "a child found a lock missing (%x)", status);

    expect_lock(ofd_other, "the first OFD lock", 0, 8, F_WRLCK, -1);
    expect_lock(ofd, "the second description's OFD lock", 8, 8, F_WRLCK, -1);
    int third = must(open(target_path("ofd"), O_RDWR));
    expect_lock(third, "the shared OFD lock", 50, 50, F_RDLCK, -1);
    close(third);
    struct flock released = range(F_UNLCK, 50, 50), again = range(F_RDLCK, 50, 50);
    must(fcntl(ofd, F_OFD_SETLK, &released));
    expect_lock(ofd, "the shared OFD lock of the second description", 50, 50, F_RDLCK, -1);
    must(fcntl(ofd, F_OFD_SETLK, &again));
}

TARGET(set_up, verify)
