// Timerfds that several processes have: one timer and one count of expirations, whoever reads or sets it; one whose maker has closed it.
#include "family.h"
#include <poll.h>
#include <sys/timerfd.h>

enum { MEMBERS = 2 };
static int fired, far, disarmed, childs;

static void prove(int i)
{
    struct itimerspec now;
    uint64_t count = 0;
    switch (board->phase) {
    case 1:
        if (i == 0) {
            expect(read(fired, &count, 8) == 8 && count == 1, "%lu expirations of the timer that fired once", (unsigned long)count);
            must(timerfd_settime(far, 0, &(struct itimerspec) { .it_value = { 900000, 0 }, .it_interval = { 9, 0 } }, NULL));
        }
        break;
    case 2:
        expect(read(fired, &count, 8) == -1 && errno == EAGAIN, "member %d has an expiration of its own", i);
        must(timerfd_gettime(far, &now));
        expect(now.it_value.tv_sec > 700000 && now.it_value.tv_sec <= 900000 && now.it_interval.tv_sec == 9, "member %d has %ld s left", i, (long)now.it_value.tv_sec);
        must(timerfd_gettime(disarmed, &now));
        expect(now.it_value.tv_sec == 0 && now.it_value.tv_nsec == 0, "the disarmed timer of member %d is armed", i);
        if (i == 1) {
            must(timerfd_gettime(childs, &now));
            expect(now.it_interval.tv_nsec == 3000000, "the interval is %ld", now.it_interval.tv_nsec);
            expect(read(childs, &count, 8) == 8 && count >= 1, "the timer that only member 1 has does not tick");
        }
        break;
    }
}

static void set(int i)
{
    if (i != 1)
        close(childs);
}

static void arm(void)
{
    must(timerfd_settime(far, 0, &(struct itimerspec) { .it_value = { 500000, 0 }, .it_interval = { 7, 0 } }, NULL));
    must(timerfd_settime(fired, 0, &(struct itimerspec) { .it_value = { 0, 1000000 } }, NULL));
    struct pollfd p = { fired, POLLIN, 0 };
    expect(poll(&p, 1, 15000) == 1, "the timer does not fire");
}

static void set_up(void)
{
    fired = must(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK));
    far = must(timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK));
    disarmed = must(timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK));
    childs = must(timerfd_create(CLOCK_MONOTONIC, 0));
    must(timerfd_settime(childs, 0, &(struct itimerspec) { .it_value = { 0, 3000000 }, .it_interval = { 0, 3000000 } }, NULL));
    family_start(MEMBERS, set, prove);
    close(childs);
    arm();
}

static void verify(void)
{
    struct itimerspec now;
    must(timerfd_gettime(far, &now));
    expect(now.it_value.tv_sec > 300000 && now.it_value.tv_sec <= 500000 && now.it_interval.tv_sec == 7, "%ld s are left", (long)now.it_value.tv_sec);
    family_ask(1);
    family_ask(2);
    expect(fcntl(childs, F_GETFD) == -1, "the root has the timer that only member 1 had");
    for (int i = 0; i < MEMBERS; i++)
        expect(same_object(board->root, pid_of(i), KCMP_FILE, (unsigned long)fired, (unsigned long)fired), "member %d has another timer", i);
    arm();
}

TARGET(set_up, verify)
