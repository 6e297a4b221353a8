// The opposite of prctl_flags: a plain program gets none of the flags that a tool may set on the way.
#include "target.h"

static int subreaper(void) { int value = -1; must(prctl(PR_GET_CHILD_SUBREAPER, &value)); return value; }
static int take(int i)
{
    switch (i) {
    case 0: return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
    case 1: return prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0);
    case 2: return subreaper();
    case 3: return prctl(PR_GET_DUMPABLE);
    case 4: return prctl(PR_GET_KEEPCAPS);
    case 5: return prctl(PR_GET_SECUREBITS);
    case 6: return prctl(PR_GET_TIMERSLACK);
    case 7: return prctl(PR_GET_SECCOMP);
    case 8: { int signal = -1; must(prctl(PR_GET_PDEATHSIG, &signal)); return signal; }
    default: { unsigned mode = 0; must(prctl(PR_GET_TSC, &mode)); return (int)mode; }
    }
}
static int before[10];
static void set_up(void) { for (int i = 0; i < 10; i++) before[i] = take(i); }
static void verify(void) { for (int i = 0; i < 10; i++) expect(take(i) == before[i], "flag %d was %d, is %d", i, before[i], take(i)); }

TARGET(set_up, verify)
