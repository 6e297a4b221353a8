// The vDSO: clock_gettime, gettimeofday, time and getcpu work through it from several threads, agree with the real syscalls,
// and no clock ever goes backwards.
#include "target.h"
#include <sched.h>
#include <sys/time.h>

static const clockid_t clocks[] = { CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW, CLOCK_BOOTTIME, CLOCK_MONOTONIC_COARSE, CLOCK_REALTIME_COARSE };
enum { CLOCKS = COUNT(clocks), THREADS = 3 };
static volatile long turns[THREADS];
static long seen[THREADS];

static int64_t really(clockid_t clock)
{
    struct timespec t;
    must(syscall(SYS_clock_gettime, clock, &t));
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void *reader(void *argument)
{
    int64_t last[CLOCKS] = { 0 };
    for (int me = (int)(intptr_t)argument;; turns[me]++)
        for (size_t i = 1; i < CLOCKS - 1; i++) { // CLOCK_REALTIME may be set by the administrator
            int64_t now = now_ns(clocks[i]);
            expect(now >= last[i], "clock %d went backwards by %ld ns", clocks[i], (long)(last[i] - now));
            last[i] = now;
            if (turns[me] % 1000 == 0)
                sleep_ms(1);
        }
    return NULL;
}

static void set_up(void)
{
    for (int i = 0; i < THREADS; i++)
        spawn(reader, (void *)(intptr_t)i);
}

static void verify(void)
{
    for (size_t i = 0; i < CLOCKS; i++) {
        bool coarse = clocks[i] == CLOCK_MONOTONIC_COARSE || clocks[i] == CLOCK_REALTIME_COARSE;
        int64_t before = really(clocks[i]), between = now_ns(clocks[i]), after = really(clocks[i]);
        expect(before <= between && between <= after + (coarse ? 20000000 : 0), "clock %d: the vDSO says %ld between %ld and %ld",
            clocks[i], (long)between, (long)before, (long)after);
    }
    struct timeval t;
    gettimeofday(&t, NULL);
    expect(labs((long)(t.tv_sec - time(NULL))) <= 1, "gettimeofday and time differ");
    unsigned cpu = 0, node = 0;
    expect(getcpu(&cpu, &node) == 0 && cpu < 4096, "getcpu says %u", cpu);
    for (int i = 0; i < THREADS; i++)
        expect(eventually(turns[i] > seen[i]), "thread %d stands still", i);
    for (int i = 0; i < THREADS; i++)
        seen[i] = turns[i];
}

TARGET(set_up, verify)
