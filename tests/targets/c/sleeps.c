// Sleeps: relative ones by the manual's rule (EINTR, go on with what remains) and absolute ones last neither shorter nor longer for a checkpoint.
#include "target.h"

enum { RELATIVE, RELATIVE_CLOCK, ABSOLUTE, UNTIL_NEXT_DAY, SLEEPERS };
static volatile long slept[SLEEPERS], ticks;
static long seen[SLEEPERS];

// Counts ten milliseconds at a time while the process runs: an upper measure that stands still while it is frozen.
static void *ticker(void *argument UNUSED)
{
    for (;; ticks++)
        sleep_ms(10);
    return NULL;
}

static void *sleeper(void *argument)
{
    int kind = (int)(intptr_t)argument;
    for (;; slept[kind]++) {
        int64_t length = kind == UNTIL_NEXT_DAY ? 86400000000000 : 300000000 + kind * 50000000, start = now_ns(CLOCK_MONOTONIC), end = start + length;
        long start_ticks = ticks;
        struct timespec left = { length / 1000000000, length % 1000000000 }, until = { end / 1000000000, end % 1000000000 };
        int result;
        if (kind == RELATIVE || kind == UNTIL_NEXT_DAY)
            while (nanosleep(&left, &left) == -1 && errno == EINTR)
                expect(left.tv_nsec >= 0 && left.tv_nsec < 1000000000 && left.tv_sec <= length / 1000000000, "%ld.%09ld s remain", (long)left.tv_sec, left.tv_nsec);
        else if (kind == RELATIVE_CLOCK)
            while ((result = clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left)) == EINTR)
                ;
        else
            while ((result = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL)) == EINTR)
                fail("an absolute sleep ended with EINTR though no handler ran");
        int64_t took = now_ns(CLOCK_MONOTONIC) - start;
        expect(took >= length, "a sleep of %ld ns took %ld ns", (long)length, (long)took);
        expect(ticks - start_ticks <= length / 10000000 + 60, "a sleep of %ld ms took %ld ticks of 10 ms", (long)(length / 1000000), ticks - start_ticks);
    }
    return NULL;
}

static void set_up(void)
{
    spawn(ticker, NULL);
    for (int i = 0; i < SLEEPERS; i++)
        spawn(sleeper, (void *)(intptr_t)i);
}

static void verify(void)
{
    expect(slept[UNTIL_NEXT_DAY] == 0, "the day is over");
    for (int i = 0; i < UNTIL_NEXT_DAY; i++) {
        expect(eventually(slept[i] > seen[i] + 1), "sleeper %d does not wake up", i);
        seen[i] = slept[i];
    }
}

TARGET(set_up, verify)
