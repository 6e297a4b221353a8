// The name of each thread (PR_SET_NAME), the empty one and odd bytes too.
#include "crew.h"

static void name(int i, char *text)
{
    if (i == 0)
        text[0] = 0;
    else
        snprintf(text, 16, "thr %d ) \n\\%c", i, 0x80 + i);
}

static void set(int i) { char text[16]; name(i, text); must(prctl(PR_SET_NAME, text)); }

static void prove(int i)
{
    char wanted[16], found[16];
    name(i, wanted);
    must(prctl(PR_GET_NAME, found));
    expect(strcmp(wanted, found) == 0, "thread %d is called %s", i, found);
}

static void set_up(void) { crew_start(8, set, prove); }

TARGET(set_up, crew_verify)
