// Users, groups and capability sets of every thread: what /proc tells is the same as before, and never more.
#include "crew.h"
#include "status_unchanged.h"

#define LINES { { "status", "Uid:", "" }, { "status", "Gid:", "" }, { "status", "CapInh:", "" }, { "status", "CapPrm:", "" }, { "status", "CapEff:", "" }, \
    { "status", "CapBnd:", "" }, { "status", "CapAmb:", "" }, { "status", "Groups:", "" } }
static struct status_line lines[] = LINES;
enum { THREADS = 3 };
static uint32_t caps[THREADS][6];

static void take(uint32_t *data) { must(syscall(SYS_capget, (uint32_t[]) { 0x20080522, 0 }, data)); }
static void set(int i) { take(caps[i]); }

static void prove(int i)
{
    uint32_t now[6];
    take(now);
    expect(memcmp(now, caps[i], sizeof now) == 0, "thread %d has effective capabilities %x, had %x", i, now[0], caps[i][0]);
}

static void set_up(void)
{
    status_take(lines, COUNT(lines));
    crew_start(THREADS, set, prove);
}

static void verify(void)
{
    status_compare(lines, COUNT(lines));
    crew_verify();
}

TARGET(set_up, verify)
