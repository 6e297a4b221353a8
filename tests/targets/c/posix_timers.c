// POSIX timers: their ids (with gaps), clocks, every kind of notification, remaining time and interval, and overruns of a blocked periodic one.
#include "target.h"

struct kernel_event { union sigval value; int signal, notify, tid, filler[12]; };
enum { LONG_SIGNAL, LONG_NONE, PERIODIC_THREAD, PERIODIC_BLOCKED, LONG_BOOT, LONG_CPU, TIMERS };
static int id[TIMERS];
static struct itimerspec initial[TIMERS];
static volatile int thread_fired, wrong_fired, library_fired;
static volatile pid_t receiver_tid, fired_on;

static int create(clockid_t clock, int notify, int signal, int64_t value, int tid)
{
    struct kernel_event event = { .value = { .sival_ptr = (void *)value }, .signal = signal, .notify = notify, .tid = tid };
    int timer = -1;
    must(syscall(SYS_timer_create, clock, &event, &timer));
    return timer;
}

static void arm(int i, int64_t value_ms, int64_t interval_ms)
{
    initial[i] = (struct itimerspec) { .it_value = { value_ms / 1000, value_ms % 1000 * 1000000 }, .it_interval = { interval_ms / 1000, interval_ms % 1000 * 1000000 } };
    must(syscall(SYS_timer_settime, id[i], 0, &initial[i], NULL));
}

static void on_thread(int signal UNUSED, siginfo_t *info, void *context UNUSED)
{
    if ((intptr_t)info->si_value.sival_ptr == 0x123456789a)
        thread_fired++;
    fired_on = (pid_t)syscall(SYS_gettid);
}

static void on_wrong(int signal UNUSED) { wrong_fired++; }
static void on_library(union sigval value) { library_fired += value.sival_int == 99; }

static void *receiver(void *argument UNUSED)
{
    receiver_tid = (pid_t)syscall(SYS_gettid);
    for (;;)
        pause();
    return NULL;
}

static void set_up(void)
{
    struct sigaction action = { .sa_sigaction = on_thread, .sa_flags = SA_SIGINFO | SA_RESTART };
    must(sigaction(SIGUSR1, &action, NULL));
    must(sigaction(SIGUSR2, &(struct sigaction) { .sa_handler = on_wrong }, NULL));
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, 41);
    pthread_sigmask(SIG_BLOCK, &blocked, NULL);
    spawn(receiver, NULL);
    expect(eventually(receiver_tid), "no receiver");
    for (int i = 0; i < 7; i++) { // leave gaps in the ids
        int gap = create(CLOCK_MONOTONIC, SIGEV_NONE, 0, 0, 0);
        if (i < TIMERS)
            id[i] = i == LONG_SIGNAL ? create(CLOCK_REALTIME, SIGEV_SIGNAL, SIGUSR2, 1, 0)
                : i == LONG_NONE ? create(CLOCK_MONOTONIC, SIGEV_NONE, 0, 2, 0)
                : i == PERIODIC_THREAD ? create(CLOCK_MONOTONIC, SIGEV_THREAD_ID, SIGUSR1, 0x123456789a, receiver_tid)
                : i == PERIODIC_BLOCKED ? create(CLOCK_MONOTONIC, SIGEV_SIGNAL, 41, 4, 0)
                : i == LONG_BOOT ? create(CLOCK_BOOTTIME, SIGEV_SIGNAL, SIGUSR2, 5, 0)
                : create(CLOCK_PROCESS_CPUTIME_ID, SIGEV_SIGNAL, SIGUSR2, 6, 0);
        must(syscall(SYS_timer_delete, gap));
    }
    arm(LONG_SIGNAL, 7200000, 0);
    arm(LONG_NONE, 5000000, 1000000);
    arm(PERIODIC_THREAD, 20, 20);
    arm(PERIODIC_BLOCKED, 5, 5);
    arm(LONG_BOOT, 6000000, 0);
    arm(LONG_CPU, 4000000, 2000);

    timer_t library; // the C library's own thread calls back
    struct sigevent event = { .sigev_notify = SIGEV_THREAD, .sigev_notify_function = on_library, .sigev_value.sival_int = 99 };
    must(timer_create(CLOCK_MONOTONIC, &event, &library));
    struct itimerspec often = { { 0, 50000000 }, { 0, 50000000 } };
    must(timer_settime(library, 0, &often, NULL));
}

static void verify(void)
{
    for (int i = 0; i < TIMERS; i++) {
        struct itimerspec now;
        if (syscall(SYS_timer_gettime, id[i], &now) != 0) {
            fail("timer %d (id %d): %s", i, id[i], strerror(errno));
            return;
        }
        expect(now.it_interval.tv_sec == initial[i].it_interval.tv_sec && now.it_interval.tv_nsec == initial[i].it_interval.tv_nsec, "timer %d has another interval", i);
        if (initial[i].it_value.tv_sec)
            expect(now.it_value.tv_sec <= initial[i].it_value.tv_sec && now.it_value.tv_sec > initial[i].it_value.tv_sec - 300, "timer %d has %ld s left of %ld",
                i, (long)now.it_value.tv_sec, (long)initial[i].it_value.tv_sec);
    }
    int t = thread_fired, l = library_fired;
    expect(eventually(thread_fired > t + 2), "the thread's timer stands still");
    expect(fired_on == receiver_tid, "the timer's signal went to thread %d, not %d", fired_on, receiver_tid);
    expect(eventually(library_fired > l + 1), "the library's timer stands still");
    expect(wrong_fired == 0, "a timer that has hours left fired");

    sigset_t blocked;
    siginfo_t info = { 0 };
    struct timespec wait = { 5, 0 };
    sigemptyset(&blocked);
    sigaddset(&blocked, 41);
    int signal;
    while ((signal = sigtimedwait(&blocked, &info, &wait)) == -1 && errno == EINTR)
        ;
    expect(signal == 41 && info.si_code == SI_TIMER && info.si_timerid == id[PERIODIC_BLOCKED] && (intptr_t)info.si_value.sival_ptr == 4,
        "the blocked timer gave signal %d, code %d, timer %d, value %p", signal, info.si_code, info.si_timerid, info.si_value.sival_ptr);
    sleep_ms(60);
    must(sigtimedwait(&blocked, &info, &wait));
    expect(info.si_overrun >= 5 && syscall(SYS_timer_getoverrun, id[PERIODIC_BLOCKED]) == info.si_overrun, "%d overruns", info.si_overrun);
}

TARGET(set_up, verify)
