// Arguments, environment, auxiliary vector, executable, command line and name: in memory and in /proc, all as before.
#include "target.h"
#include <sys/auxv.h>

extern char **environ;
struct snapshot { char cmdline[4096], environment[32 * KIB], auxv[2048], exe[PATH_MAX], comm[32], stat[2048]; size_t sizes[3]; };
static struct snapshot before, after;

// From proc_pid_stat(5): start_code, end_code, start_stack and start_data .. env_end, where the memory layout is told.
static void layout(char *text, size_t size)
{
    char stat[2048];
    slurp("/proc/self/stat", stat, sizeof stat);
    char *field = strrchr(stat, ')') + 2;
    size_t used = 0;
    for (int number = 3; field; number++, field = strchr(field, ' ') ? strchr(field, ' ') + 1 : NULL)
        if ((number >= 26 && number <= 28) || (number >= 45 && number <= 51))
            used += (size_t)snprintf(text + used, size - used, "%d:%lu ", number, strtoul(field, NULL, 10));
}

static void take(struct snapshot *s)
{
    s->sizes[0] = slurp("/proc/self/cmdline", s->cmdline, sizeof s->cmdline);
    s->sizes[1] = slurp("/proc/self/environ", s->environment, sizeof s->environment);
    s->sizes[2] = slurp("/proc/self/auxv", s->auxv, sizeof s->auxv);
    memset(s->exe, 0, sizeof s->exe);
    must(readlink("/proc/self/exe", s->exe, sizeof s->exe - 1));
    slurp("/proc/self/comm", s->comm, sizeof s->comm);
    layout(s->stat, sizeof s->stat);
}

static void set_up(void)
{
    must(setenv("TARGET_ADDED", "later", 1)); // in memory only: /proc shows the first environment
    must(prctl(PR_SET_NAME, "a (strange) nam"));
    take(&before);
}

static void verify(void)
{
    take(&after);
    for (int i = 0; i < 3; i++)
        expect(before.sizes[i] == after.sizes[i], "file %d of /proc had %zu bytes, has %zu", i, before.sizes[i], after.sizes[i]);
    expect(memcmp(before.cmdline, after.cmdline, sizeof before.cmdline) == 0, "the command line became %s", after.cmdline);
    expect(memcmp(before.environment, after.environment, sizeof before.environment) == 0, "the environment changed");
    expect(memcmp(before.auxv, after.auxv, before.sizes[2]) == 0, "the auxiliary vector in /proc changed");
    expect(strcmp(before.exe, after.exe) == 0, "the executable was %s, is %s", before.exe, after.exe);
    expect(strcmp(before.comm, after.comm) == 0, "the name was %s, is %s", before.comm, after.comm);
    expect(strcmp(before.stat, after.stat) == 0, "the layout was %s, is %s", before.stat, after.stat);
    expect(strcmp(getenv("TARGET_ADDED"), "later") == 0 && strcmp(target_argv[1], target_dir) == 0, "argv or environ changed in memory");
    expect(getauxval(AT_PAGESZ) == PAGE && getauxval(AT_SYSINFO_EHDR), "getauxval forgot");
}

TARGET(set_up, verify)
