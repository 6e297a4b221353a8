// All resource limits, soft and hard, as /proc/self/limits tells them; and the one of open files holds.
#include "target.h"
#include <sys/resource.h>

static char before[8192], after[8192];

static void lower(int resource, rlim_t soft, rlim_t hard)
{
    struct rlimit limit;
    must(getrlimit(resource, &limit));
    limit.rlim_max = limit.rlim_max < hard ? limit.rlim_max : hard;
    limit.rlim_cur = limit.rlim_max < soft ? limit.rlim_max : soft;
    must(setrlimit(resource, &limit));
}

static void set_up(void)
{
    lower(RLIMIT_NOFILE, 100, 4000);
    lower(RLIMIT_CORE, 0, 12345 * 1024);
    lower(RLIMIT_STACK, 16 * MIB, RLIM_INFINITY);
    lower(RLIMIT_CPU, 100000, 200000);
    lower(RLIMIT_FSIZE, GIB, 2 * GIB);
    lower(RLIMIT_DATA, 4 * GIB, 8 * GIB);
    lower(RLIMIT_AS, 100 * GIB, RLIM_INFINITY);
    lower(RLIMIT_MEMLOCK, 64 * KIB, MIB);
    lower(RLIMIT_MSGQUEUE, 1000, 2000);
    lower(RLIMIT_SIGPENDING, 500, 600);
    lower(RLIMIT_RTTIME, 1000000, 2000000);
    slurp("/proc/self/limits", before, sizeof before);
}

static void verify(void)
{
    slurp("/proc/self/limits", after, sizeof after);
    for (char *b = strtok(strdup(before), "\n"), *a = after; b; b = strtok(NULL, "\n"), a += strcspn(a, "\n") + 1)
        expect(strncmp(a, b, strlen(b)) == 0, "'%s' became '%.*s'", b, (int)strcspn(a, "\n"), a);
    expect(dup2(1, 150) == -1 && errno == EBADF, "the limit of open files does not hold");
}

TARGET(set_up, verify)
