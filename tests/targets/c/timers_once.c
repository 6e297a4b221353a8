// One-shot timers fire exactly once: of each kind, armed just before the checkpoint, or fired before it with the signal still pending.
#include "target.h"
#include <sys/time.h>

enum { RELATIVE, ABSOLUTE, REAL, PENDING };
static volatile int fired[4];
static int armed[4];
static timer_t timer[4];

static void handler(int signal UNUSED, siginfo_t *info, void *context UNUSED)
{
    fired[info->si_code == SI_TIMER ? info->si_value.sival_int : REAL]++;
}

static void arm(void)
{
    struct timespec now;
    must(clock_gettime(CLOCK_MONOTONIC, &now));
    struct itimerspec soon = { .it_value = { 0, 700000000 } }, at = { .it_value = { now.tv_sec + 1, now.tv_nsec } }, at_once = { .it_value = { 0, 1 } };
    must(timer_settime(timer[RELATIVE], 0, &soon, NULL));
    must(timer_settime(timer[ABSOLUTE], TIMER_ABSTIME, &at, NULL));
    must(timer_settime(timer[PENDING], 0, &at_once, NULL)); // its signal is blocked
    must(setitimer(ITIMER_REAL, &(struct itimerval) { .it_value = { 0, 600000 } }, NULL));
    for (int i = 0; i < 4; i++)
        armed[i]++;
}

static void set_up(void)
{
    struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_RESTART };
    must(sigaction(SIGUSR1, &action, NULL));
    must(sigaction(SIGALRM, &action, NULL));
    for (int i = 0; i < 4; i++) {
        struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = i == PENDING ? 42 : SIGUSR1, .sigev_value.sival_int = i };
        must(timer_create(CLOCK_MONOTONIC, &event, &timer[i]));
    }
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, 42);
    pthread_sigmask(SIG_BLOCK, &blocked, NULL);
    arm();
}

static void verify(void)
{
    for (int i = 0; i < 3; i++)
        expect(eventually(fired[i] >= armed[i]), "timer %d was armed %d times and fired %d times", i, armed[i], fired[i]);
    sigset_t blocked;
    siginfo_t info;
    struct timespec none = { 0, 0 };
    sigemptyset(&blocked);
    sigaddset(&blocked, 42);
    while (sigtimedwait(&blocked, &info, &none) == 42)
        fired[PENDING] += info.si_code == SI_TIMER && info.si_value.sival_int == PENDING;
    sleep_ms(100);
    for (int i = 0; i < 4; i++) {
        struct itimerspec now;
        expect(fired[i] == armed[i], "timer %d was armed %d times and fired %d times", i, armed[i], fired[i]);
        must(timer_gettime(timer[i], &now));
        expect(now.it_value.tv_sec == 0 && now.it_value.tv_nsec == 0, "timer %d is armed again", i);
    }
    arm();
}

TARGET(set_up, verify)
