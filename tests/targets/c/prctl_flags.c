// Flags of prctl: no_new_privs, dumpable, timer slack of each thread, transparent huge pages off, child subreaper.
#include "crew.h"

static void set(int i) { must(prctl(PR_SET_TIMERSLACK, i ? 100000UL * i + 7 : 50000)); }
static void prove(int i) { expect(prctl(PR_GET_TIMERSLACK) == (i ? 100000 * i + 7 : 50000), "the timer slack of thread %d is %d", i, prctl(PR_GET_TIMERSLACK)); }

static void set_up(void)
{
    must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    must(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0));
    must(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));
    must(prctl(PR_SET_TIMERSLACK, 123456));
    crew_start(4, set, prove);
}

static void verify(void)
{
    int reaper = 0;
    must(prctl(PR_GET_CHILD_SUBREAPER, &reaper));
    expect(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1, "no_new_privs is gone");
    expect(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0) == 1, "huge pages are on again");
    expect(reaper == 1, "no longer a subreaper");
    expect(prctl(PR_GET_DUMPABLE) == 1, "dumpable is %d", prctl(PR_GET_DUMPABLE));
    expect(prctl(PR_GET_TIMERSLACK) == 123456, "the timer slack is %d", prctl(PR_GET_TIMERSLACK));
    crew_verify();
}

TARGET(set_up, verify)
