// Resource limits of each process of a tree, soft and hard, which only fall from parent to child.
#include "family.h"
#include <sys/resource.h>

enum { MEMBERS = 4, LIMITS = RLIM_NLIMITS };
static struct rlimit mine[LIMITS];

static void take(struct rlimit *limits)
{
    for (int l = 0; l < LIMITS; l++)
        must(getrlimit((__rlimit_resource_t)l, &limits[l]));
}

static void look(int i)
{
    struct rlimit now[LIMITS];
    take(now);
    for (int l = 0; l < LIMITS; l++)
        expect(now[l].rlim_cur == mine[l].rlim_cur && now[l].rlim_max == mine[l].rlim_max, "limit %d of process %d is %lx/%lx, was %lx/%lx", l, i,
            (unsigned long)now[l].rlim_cur, (unsigned long)now[l].rlim_max, (unsigned long)mine[l].rlim_cur, (unsigned long)mine[l].rlim_max);
}

// The further down, the lower.
static void set(int i)
{
    static const int lowered[] = { RLIMIT_FSIZE, RLIMIT_CPU, RLIMIT_MSGQUEUE, RLIMIT_SIGPENDING, RLIMIT_NOFILE };
    take(mine);
    for (int n = 0; n < (int)COUNT(lowered); n++) {
        struct rlimit *limit = &mine[lowered[n]];
        rlim_t most = limit->rlim_max < 1 << 20 ? limit->rlim_max : 1 << 20;
        limit->rlim_max = n == i ? most - 10 : limit->rlim_max;
        limit->rlim_cur = most - 20 - (rlim_t)i;
        must(setrlimit((__rlimit_resource_t)lowered[n], limit));
    }
    take(mine);
    if (i + 1 < MEMBERS)
        family_fork(i + 1, set, look);
}

static void set_up(void)
{
    family_open();
    family_fork(0, set, look);
    family_await_all(MEMBERS);
    take(mine);
}

static void verify(void)
{
    look(-1);
    family_verify();
}

TARGET(set_up, verify)
