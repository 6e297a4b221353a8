// eventfd: counters, semaphore mode, O_NONBLOCK, the highest value, and a duplicate.
#include "target.h"
#include <sys/eventfd.h>

static int counter, semaphore, highest, duplicate;
static uint64_t value = 4711;

static uint64_t take(int fd)
{
    uint64_t got = 0;
    return read(fd, &got, 8) == 8 ? got : UINT64_MAX;
}

static void set_up(void)
{
    counter = must(eventfd(4711, EFD_CLOEXEC));
    semaphore = must(eventfd(30, EFD_SEMAPHORE | EFD_NONBLOCK));
    highest = must(eventfd(0, EFD_NONBLOCK));
    must(write(highest, &(uint64_t) { UINT64_MAX - 1 }, 8));
    duplicate = must(dup(counter));
}

static void verify(void)
{
    expect(take(duplicate) == value, "the counter is not %lu", (unsigned long)value);
    value += 1000000007;
    must(write(counter, &value, 8));
    expect(take(semaphore) == 1 && take(semaphore) == 1, "the semaphore gives no one");
    must(write(semaphore, &(uint64_t) { 2 }, 8));
    int left = 0;
    while (take(semaphore) == 1)
        left++;
    expect(left == 30, "the semaphore held %d", left);
    must(write(semaphore, &(uint64_t) { 30 }, 8));
    expect(write(highest, &(uint64_t) { 1 }, 8) == -1 && errno == EAGAIN, "the highest counter can be raised");
    expect(fcntl(counter, F_GETFD) == FD_CLOEXEC && !(fcntl(counter, F_GETFL) & O_NONBLOCK), "the flags changed");
}

TARGET(set_up, verify)
