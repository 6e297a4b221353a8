// Timers of each process of a tree: interval timers, alarms and POSIX timers are their maker's alone; a child begins without any.
#include "family.h"
#include <sys/time.h>

enum { MEMBERS = 3 };
static volatile sig_atomic_t alarms, expirations;
static timer_t ticking, far;
static bool has_timers;

static void count_alarm(int signal UNUSED) { alarms++; }
static void count_expiration(int signal UNUSED, siginfo_t *info, void *context UNUSED) { expirations += info->si_value.sival_int == 600 + family_me; }

static void look(int i)
{
    struct itimerval real, virtual, profile;
    must(getitimer(ITIMER_REAL, &real));
    must(getitimer(ITIMER_VIRTUAL, &virtual));
    must(getitimer(ITIMER_PROF, &profile));
    if (!has_timers) {
        expect(!real.it_value.tv_sec && !real.it_value.tv_usec && !virtual.it_value.tv_sec && !profile.it_value.tv_sec, "process %d has another's interval timers", i);
        expect(alarms == 0 && expirations == 0, "process %d got %d alarms", i, alarms + expirations);
        return;
    }
    expect(real.it_interval.tv_sec == 0 && real.it_interval.tv_usec / 1000 == 5 + i, "ITIMER_REAL of process %d comes every %ld us", i, (long)real.it_interval.tv_usec);
    expect(virtual.it_value.tv_sec > 90000 && virtual.it_interval.tv_sec == 20 + i, "ITIMER_VIRTUAL of process %d has %ld s left", i, (long)virtual.it_value.tv_sec);
    expect(profile.it_value.tv_sec == 0 && profile.it_value.tv_usec == 0, "ITIMER_PROF of process %d is armed", i);
    struct itimerspec left;
    must(timer_gettime(far, &left));
    expect(left.it_value.tv_sec > 300000 && left.it_value.tv_sec <= 500000 && left.it_interval.tv_sec == 30 + i, "the far timer of process %d has %ld s left", i,
        (long)left.it_value.tv_sec);
    int alarmed = alarms, expired = expirations;
    expect(eventually(alarms > alarmed && expirations > expired), "the timers of process %d don't come", i);
}

static void arm(int i)
{
    struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 4, .sigev_value.sival_int = 600 + i };
    must(timer_create(CLOCK_MONOTONIC, &event, &ticking));
    must(timer_create(CLOCK_REALTIME, &event, &far));
    must(timer_settime(ticking, 0, &(struct itimerspec) { { 0, 7000000 }, { 0, 7000000 } }, NULL));
    must(timer_settime(far, 0, &(struct itimerspec) { { 30 + i, 0 }, { 500000, 0 } }, NULL));
    must(setitimer(ITIMER_REAL, &(struct itimerval) { { 0, 5000 + 1000 * i }, { 0, 5000 } }, NULL));
    must(setitimer(ITIMER_VIRTUAL, &(struct itimerval) { { 20 + i, 0 }, { 100000, 0 } }, NULL));
    has_timers = true;
}

// 0 and 2 have timers, 1, a child of 0, has none.
static void set(int i)
{
    alarms = expirations = 0;
    has_timers = false;
    if (i != 1)
        arm(i);
    if (i == 0)
        family_fork(1, set, look);
}

static void set_up(void)
{
    must(sigaction(SIGALRM, &(struct sigaction) { .sa_handler = count_alarm, .sa_flags = SA_RESTART }, NULL));
    must(sigaction(SIGRTMIN + 4, &(struct sigaction) { .sa_sigaction = count_expiration, .sa_flags = SA_RESTART | SA_SIGINFO }, NULL));
    family_open();
    family_fork(0, set, look);
    family_fork(2, set, look);
    family_await_all(MEMBERS);
}

static void verify(void)
{
    look(-1);
    family_verify();
}

TARGET(set_up, verify)
