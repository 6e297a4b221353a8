// Eventfds that several processes have: one counter for all, flags of the description, and a reader blocked in another process wakes up.
#include "family.h"
#include <poll.h>
#include <sys/eventfd.h>

// Member 0 blocks in a read of `wake` in a thread of its own; member 1 takes from the semaphore.
enum { MEMBERS = 2 };
static int counter, semaphore, wake;
static volatile int64_t woken;

static void *block(void *argument UNUSED)
{
    for (;;) {
        uint64_t value = 0;
        ssize_t n = read(wake, &value, 8);
        expect(n == 8 && value == 6, "the blocked read gives %zd, %lu, %s", n, (unsigned long)value, strerror(errno));
        woken++;
    }
    return NULL;
}

static void take(int fd, uint64_t wanted, const char *what)
{
    uint64_t value = 0;
    expect(read(fd, &value, 8) == 8 && value == wanted, "%s gives %lu, not %lu", what, (unsigned long)value, (unsigned long)wanted);
}

static void prove(int i)
{
    uint64_t value;
    switch (board->phase) {
    case 1:
        expect(fcntl(counter, F_GETFL) & O_NONBLOCK, "O_NONBLOCK is lost");
        if (i == 0)
            take(counter, 1234, "the counter");
        break;
    case 2:
        expect(read(counter, &value, 8) == -1 && errno == EAGAIN, "member %d has a counter of its own", i);
        break;
    case 3:
        if (i == 1)
            take(semaphore, 1, "the semaphore");
        break;
    case 4:
        if (i == 1) {
            must(write(wake, &(uint64_t) { 6 }, 8));
            must(write(counter, &(uint64_t) { 1234 }, 8));
            must(write(semaphore, &(uint64_t) { 2 }, 8));
        }
        break;
    case 5:
        if (i == 0) {
            board->slot[0].value[1]++;
            expect(eventually(woken == value_of(0, 1)), "the blocked reader did not wake up");
        }
        break;
    }
}

static void set(int i)
{
    if (i == 0)
        spawn(block, NULL);
}

static void set_up(void)
{
    counter = must(eventfd(1234, EFD_NONBLOCK));
    semaphore = must(eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK));
    wake = must(eventfd(0, 0));
    family_start(MEMBERS, set, prove);
    sleep_ms(20);
}

static void verify(void)
{
    uint64_t value;
    family_ask(1);
    family_ask(2);
    family_ask(3);
    take(semaphore, 1, "the semaphore");
    expect(read(semaphore, &value, 8) == -1 && errno == EAGAIN, "the semaphore is another than the child's");
    family_ask(4);
    family_ask(5);
    for (int i = 0; i < MEMBERS; i++)
        expect(same_object(board->root, pid_of(i), KCMP_FILE, (unsigned long)counter, (unsigned long)counter), "member %d has another eventfd", i);
    sleep_ms(20);
}

TARGET(set_up, verify)
