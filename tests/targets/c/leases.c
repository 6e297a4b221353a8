// Leases of fcntl(2): read and write, one that is being broken, with the signal and its owner that tell of a break. An open that is in the way proves them.
#include "target.h"

static int read_lease, write_lease, breaking, downgraded;
static _Atomic int told, told_fd;

static void on_break(int signal, siginfo_t *info, void *context)
{
    (void)signal, (void)context;
    told_fd = info->si_fd;
    told++;
}

static int make(const char *name, int flags)
{
    close(must(open(target_path(name), O_RDWR | O_CREAT | O_EXCL, 0600)));
    return must(open(target_path(name), flags));
}

static void lease(int fd, int type)
{
    if (fcntl(fd, F_SETLEASE, type) != 0)
        skip("leases are not given here");
    must(fcntl(fd, F_SETSIG, SIGRTMIN + 1));
}

static void expect_break(const char *name, int flags)
{
    int fd = open(target_path(name), flags | O_NONBLOCK);
    expect(fd == -1 && errno == EWOULDBLOCK, "%s is open to others (%d, %s)", name, fd, strerror(errno));
}

static void set_up(void)
{
    struct sigaction action = { .sa_sigaction = on_break, .sa_flags = SA_SIGINFO | SA_RESTART };
    must(sigaction(SIGRTMIN + 1, &action, NULL));
    read_lease = make("read", O_RDONLY);
    write_lease = make("write", O_RDWR);
    breaking = make("breaking", O_RDONLY);
    downgraded = make("downgraded", O_RDONLY);
    lease(read_lease, F_RDLCK);
    lease(write_lease, F_WRLCK);
    lease(breaking, F_RDLCK);
    lease(downgraded, F_WRLCK);
    expect_break("breaking", O_WRONLY);
    expect_break("downgraded", O_RDONLY);
    expect(told == 2 && told_fd == downgraded, "%d breaks were told", told);
}

static void take_again(int fd, int type, const char *name)
{
    expect(fcntl(fd, F_SETLEASE, F_UNLCK) == 0, "the %s lease was not held: %s", name, strerror(errno));
    expect(fcntl(fd, F_SETLEASE, type) == 0, "the %s lease can't be taken again: %s", name, strerror(errno));
    must(fcntl(fd, F_SETSIG, SIGRTMIN + 1)); // the kernel forgets it with the lease
}

static void verify(void)
{
    expect(told == 2, "%d breaks were told before any", told);
    expect(fcntl(read_lease, F_GETLEASE) == F_RDLCK && fcntl(write_lease, F_GETLEASE) == F_WRLCK, "the leases are %d and %d", fcntl(read_lease, F_GETLEASE), fcntl(write_lease, F_GETLEASE));
    expect(fcntl(breaking, F_GETLEASE) == F_UNLCK && fcntl(downgraded, F_GETLEASE) == F_RDLCK, "the broken leases are %d and %d", fcntl(breaking, F_GETLEASE), fcntl(downgraded, F_GETLEASE));
    int reader = open(target_path("read"), O_RDONLY | O_NONBLOCK);
    expect(reader >= 0, "a read lease keeps readers out");
    close(reader);
    expect_break("read", O_WRONLY);
    expect(told == 3 && told_fd == read_lease, "told %d times, the last time of descriptor %d, not %d", told, told_fd, read_lease);
    expect_break("write", O_RDONLY);
    expect(told == 4 && told_fd == write_lease, "told %d times, the last time of descriptor %d, not %d", told, told_fd, write_lease);
    take_again(read_lease, F_RDLCK, "read");
    take_again(write_lease, F_WRLCK, "write");
    expect(fcntl(downgraded, F_SETLEASE, F_RDLCK) == 0, "a lease can't be reduced: %s", strerror(errno));
    take_again(breaking, F_RDLCK, "broken");
    take_again(downgraded, F_WRLCK, "reduced");
    told = 2;
    expect_break("breaking", O_WRONLY);
    expect_break("downgraded", O_RDONLY);
    expect(told == 4 && told_fd == downgraded, "the broken leases are told of %d times", told - 2);
    told = 2;
}

TARGET(set_up, verify)
