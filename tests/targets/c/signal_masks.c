// The blocked signals of each thread, real-time and the C library's own numbers too.
#include "crew.h"

static uint64_t wanted(int i) { return mix(i + 9) & ~(1ull << (SIGKILL - 1) | 1ull << (SIGSTOP - 1)); }
static void set(int i) { uint64_t mask = wanted(i); must(syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, 8)); }

static void prove(int i)
{
    uint64_t mask;
    must(syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &mask, 8));
    expect(mask == wanted(i), "thread %d blocks %lx, not %lx", i, mask, wanted(i));
}

static void set_up(void) { crew_start(6, set, prove); set(100); } // pthread_create unblocks the library's own
static void verify(void) { prove(100); crew_verify(); }

TARGET(set_up, verify)
