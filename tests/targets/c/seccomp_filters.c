// Each thread's own chain of system call filters, oldest first, one of them with a flag, over one chain that all share. They forbid
// what a checkpoint asks and what a restore does.
// rungs: root - only CAP_SYS_ADMIN of the first user namespace may read filters
#include "crew.h"
#include "seccomp.h"

enum { THREADS = 4 };
static const struct { int a, b, filters; } expected[THREADS + 1] = { { 71, 0, 1 }, { 71, 72, 2 }, { 71, 74, 3 }, { 71, 73, 3 }, { 71, 0, 1 } };

static void prove(int i)
{
    int a = error_of(MARKER_A), b = error_of(MARKER_B), mode, filters;
    expect(a == expected[i].a && b == expected[i].b, "thread %d: filters answer %d and %d, should be %d and %d", i, a, b, expected[i].a, expected[i].b);
    seccomp_status(&mode, &filters);
    expect(mode == 2 && filters == expected[i].filters, "thread %d is under %d filters in mode %d", i, filters, mode);
}

static void set(int i)
{
    switch (i) {
    case 1:
        filter_with(SECCOMP_FILTER_FLAG_LOG, FAILS(MARKER_B, 72));
        break;
    // Of the same action the newest filter's value counts.
    case 2:
        filter_with(0, FAILS(MARKER_B, 73));
        filter_with(0, FAILS(MARKER_B, 74));
        break;
    case 3:
        filter_with(0, FAILS(MARKER_B, 74));
        filter_with(0, FAILS(MARKER_B, 73), FAILS(SYS_rt_sigreturn, 1));
        break;
    }
}

static void set_up(void)
{
    filter_with(0, FAILS(MARKER_A, 71), KILLS(SYS_capset), KILLS(SYS_setgroups), KILLS(SYS_personality), KILLS(SYS_tgkill), KILLS(SYS_mremap),
        KILLS(SYS_munmap), KILLS(SYS_prctl), KILLS(SYS_capget), KILLS(SYS_getitimer), KILLS(SYS_rt_tgsigqueueinfo), KILLS(SYS_setresuid));
    crew_start(THREADS, set, prove);
}

static void verify(void)
{
    prove(THREADS);
    crew_verify();
}

TARGET(set_up, verify)
