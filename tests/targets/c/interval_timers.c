// setitimer: a periodic real timer goes on with its period, a long one keeps its remaining time; virtual and profiling timers count on.
#include "target.h"
#include <sys/time.h>

static volatile int virtual_ticks, profile_ticks, real_ticks;
static volatile bool burn = true;
static bool periodic;

static void tick(int signal)
{
    *(signal == SIGVTALRM ? &virtual_ticks : signal == SIGPROF ? &profile_ticks : &real_ticks) += 1;
}

static void *burner(void *argument UNUSED)
{
    for (;;) {
        for (volatile int i = 0; burn && i < 1000000; i++)
            ;
        sleep_ms(1);
    }
    return NULL;
}

static void long_real_timer(void)
{
    struct itimerval hours = { .it_value = { 7200, 0 }, .it_interval = { 33, 1234 } };
    must(setitimer(ITIMER_REAL, &hours, NULL));
    real_ticks = 0;
    periodic = false;
}

static void set_up(void)
{
    struct sigaction action = { .sa_handler = tick, .sa_flags = SA_RESTART };
    must(sigaction(SIGVTALRM, &action, NULL));
    must(sigaction(SIGPROF, &action, NULL));
    must(sigaction(SIGALRM, &action, NULL));
    struct itimerval often = { .it_value = { 0, 30000 }, .it_interval = { 0, 30000 } };
    must(setitimer(ITIMER_VIRTUAL, &often, NULL));
    must(setitimer(ITIMER_PROF, &often, NULL));
    long_real_timer();
    spawn(burner, NULL);
}

static void verify(void)
{
    int v = virtual_ticks, p = profile_ticks;
    expect(eventually(virtual_ticks > v + 1), "the virtual timer stands still");
    expect(eventually(profile_ticks > p + 1), "the profiling timer stands still");
    struct itimerval now;
    must(getitimer(ITIMER_REAL, &now));
    if (periodic) {
        int r = real_ticks;
        expect(eventually(real_ticks > r + 2), "the periodic real timer stands still");
        expect(now.it_interval.tv_usec == 20000 && now.it_interval.tv_sec == 0, "the period is %ld us", (long)now.it_interval.tv_usec);
        long_real_timer();
    } else {
        expect(real_ticks == 0, "the real timer fired early");
        expect(now.it_value.tv_sec > 7000 && now.it_value.tv_sec <= 7200, "%ld s of 7200 remain", (long)now.it_value.tv_sec);
        expect(now.it_interval.tv_sec == 33 && now.it_interval.tv_usec / 10 == 123, "the interval is %ld.%06ld", (long)now.it_interval.tv_sec, (long)now.it_interval.tv_usec);
        struct itimerval often = { .it_value = { 0, 20000 }, .it_interval = { 0, 20000 } };
        must(setitimer(ITIMER_REAL, &often, NULL));
        periodic = true;
    }
}

TARGET(set_up, verify)
