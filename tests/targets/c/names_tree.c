// The name and the command line that each process of a tree gave itself, and the environment, which stays its parent's.
#include "family.h"

enum { MEMBERS = 4 };
static char line[512], environment[4096];
static size_t line_size, environment_size;
static const char *const names[] = { "worker ) 0", "", "fifteen letters", "tab\there" };

static void prove(int i)
{
    char name[32] = "", now[4096], path[64];
    must(prctl(PR_GET_NAME, name));
    expect(strcmp(name, names[i]) == 0, "member %d is named %s", i, name);
    size_t size = slurp("/proc/self/cmdline", now, sizeof now);
    expect(size == line_size && memcmp(now, line, size) == 0, "member %d has the command line %s", i, now);
    size = slurp("/proc/self/environ", now, sizeof now);
    expect(size == environment_size && memcmp(now, environment, size) == 0, "member %d has another environment", i);
    snprintf(path, sizeof path, "/proc/%d/comm", getpid());
    slurp(path, now, sizeof now);
    now[strcspn(now, "\n")] = 0;
    expect(strcmp(now, names[i]) == 0, "member %d is named %s in /proc", i, now);
}

static void set(int i)
{
    must(prctl(PR_SET_NAME, names[i]));
    // As servers do: over the arguments in place.
    snprintf(target_argv[0], strlen(target_argv[0]) + 1, "m%d: waiting", i);
    if (i == 2)
        target_argv[1][1] = '#';
    line_size = slurp("/proc/self/cmdline", line, sizeof line);
    environment_size = slurp("/proc/self/environ", environment, sizeof environment);
}

static void set_up(void) { family_start(MEMBERS, set, prove); }

static void verify(void)
{
    family_verify();
    char now[512];
    slurp("/proc/self/cmdline", now, sizeof now);
    expect(strcmp(now, target_argv[0]) == 0 && strstr(now, "waiting") == NULL, "the root's command line became a member's");
}

TARGET(set_up, verify)
