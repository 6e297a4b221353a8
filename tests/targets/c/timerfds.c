// timerfd: a one-shot armed just before, a periodic one, one that has expired already and is unread, absolute ones, and hours that remain.
#include "target.h"
#include <sys/timerfd.h>

enum { ONCE, PERIODIC, EXPIRED, ABSOLUTE, HOURS, BOOT, IDLE, KINDS };
static int fd[KINDS];

static void arm(int i, int64_t value_ns, int64_t interval_ns, int flags)
{
    struct itimerspec t = { .it_value = { value_ns / 1000000000, value_ns % 1000000000 }, .it_interval = { interval_ns / 1000000000, interval_ns % 1000000000 } };
    must(timerfd_settime(fd[i], flags, &t, NULL));
}

static void arm_again(void)
{
    arm(ONCE, 500000000, 0, 0);
    arm(EXPIRED, 1000000, 0, 0);
    arm(ABSOLUTE, now_ns(CLOCK_REALTIME) + 600000000, 0, TFD_TIMER_ABSTIME);
    sleep_ms(10);
}

static uint64_t expirations(int i)
{
    uint64_t count = 0;
    return read(fd[i], &count, 8) == 8 ? count : 0;
}

static void set_up(void)
{
    for (int i = 0; i < KINDS; i++)
        fd[i] = must(timerfd_create(i == ABSOLUTE ? CLOCK_REALTIME : i == BOOT ? CLOCK_BOOTTIME : CLOCK_MONOTONIC, i == PERIODIC ? TFD_CLOEXEC : TFD_NONBLOCK));
    arm(PERIODIC, 30000000, 30000000, 0);
    arm(HOURS, 7200000000000, 11000000000, 0);
    arm(BOOT, 3600000000000, 0, 0);
    arm_again();
}

static void verify(void)
{
    uint64_t count;
    expect(eventually((count = expirations(ONCE)) > 0) && count == 1, "the one-shot expired %lu times", (unsigned long)count);
    expect((count = expirations(EXPIRED)) == 1, "the unread expiration counts %lu", (unsigned long)count);
    expect(eventually((count = expirations(ABSOLUTE)) > 0) && count == 1, "the absolute timer expired %lu times", (unsigned long)count);
    expect(expirations(PERIODIC) >= 1, "the periodic timer stands still");
    sleep_ms(100);
    expect((count = expirations(PERIODIC)) >= 2, "the periodic timer gave %lu in 100 ms", (unsigned long)count);
    expect(expirations(HOURS) == 0 && expirations(BOOT) == 0 && expirations(IDLE) == 0 && expirations(ONCE) == 0, "a timer fired that should not");
    struct itimerspec now;
    must(timerfd_gettime(fd[HOURS], &now));
    expect(now.it_value.tv_sec > 6900 && now.it_value.tv_sec <= 7200 && now.it_interval.tv_sec == 11, "%ld s are left of 7200, then %ld", (long)now.it_value.tv_sec, (long)now.it_interval.tv_sec);
    must(timerfd_gettime(fd[PERIODIC], &now));
    expect(now.it_interval.tv_nsec == 30000000, "the period is %ld ns", (long)now.it_interval.tv_nsec);
    must(timerfd_gettime(fd[IDLE], &now));
    expect(now.it_value.tv_sec == 0 && now.it_value.tv_nsec == 0, "the idle timer is armed");
    arm_again();
}

TARGET(set_up, verify)
