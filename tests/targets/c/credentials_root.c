// Threads of one process with ids, groups, capability sets and securebits of their own, as raw system calls make them, and what the
// changes did to the process: it is no longer dumpable.
// rungs: root - only root may give a thread other ids
#include "crew.h"
#include <linux/capability.h>
#include <linux/securebits.h>

enum { THREADS = 4, LINES = 10 };
static const char *const keys[LINES] = { "Uid:", "Gid:", "Groups:", "CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:", "NoNewPrivs:", "Seccomp:" };
static struct { char line[LINES][256]; int securebits, keepcaps; } before[THREADS + 1];

#define BIT(capability) (1u << (capability))

static void set_caps(uint32_t effective, uint32_t permitted, uint32_t inheritable)
{
    uint32_t header[] = { _LINUX_CAPABILITY_VERSION_3, 0 };
    must(syscall(SYS_capset, header, (uint32_t[6]) { effective, permitted, inheritable }));
}

static void take(char line[LINES][256], int *securebits, int *keepcaps)
{
    char text[8192];
    slurp("/proc/thread-self/status", text, sizeof text);
    for (int i = 0; i < LINES; i++) {
        char *at = strstr(text, keys[i]);
        snprintf(line[i], 256, "%.*s", at ? (int)strcspn(at, "\n") : 0, at ? at : "");
    }
    *securebits = prctl(PR_GET_SECUREBITS);
    *keepcaps = prctl(PR_GET_KEEPCAPS);
}

static void set(int i)
{
    switch (i) {
    case 0: // every id another one, the ones for files none of the three, and capabilities of all five sets
        must(syscall(SYS_setgroups, 3, (gid_t[]) { 70000, 5, 4000000000u }));
        must(syscall(SYS_setresgid, 11, 12, 13));
        syscall(SYS_setfsgid, 14);
        must(prctl(PR_SET_KEEPCAPS, 1));
        must(prctl(PR_CAPBSET_DROP, CAP_SYS_MODULE));
        must(syscall(SYS_setresuid, 21, 22, 23));
        set_caps(BIT(CAP_NET_RAW) | BIT(CAP_SETUID), BIT(CAP_NET_RAW) | BIT(CAP_CHOWN) | BIT(CAP_SETUID), BIT(CAP_NET_RAW) | BIT(CAP_SYS_BOOT) | BIT(CAP_CHOWN));
        syscall(SYS_setfsuid, 24);
        must(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN, 0, 0));
        break;
    case 1: // an ordinary user for good
        must(syscall(SYS_setgroups, 0, NULL));
        must(syscall(SYS_setresgid, 65534, 65534, 65534));
        must(syscall(SYS_setresuid, 65534, 65534, 65534));
        must(prctl(PR_SET_KEEPCAPS, 1));
        must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
        break;
    case 2: // root without a capability in effect, which may come back to it
        set_caps(0, BIT(CAP_KILL) | BIT(CAP_SETPCAP), 0);
        break;
    case 3: // a daemon that can go back to root
        must(prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_NOROOT | SECBIT_NO_CAP_AMBIENT_RAISE));
        must(syscall(SYS_setresuid, 1234, 1234, 0));
        break;
    }
    take(before[i].line, &before[i].securebits, &before[i].keepcaps);
}

static void prove(int i)
{
    char line[LINES][256];
    int securebits, keepcaps;
    take(line, &securebits, &keepcaps);
    for (int k = 0; k < LINES; k++)
        expect(strcmp(line[k], before[i].line[k]) == 0, "thread %d: was '%s', is '%s'", i, before[i].line[k], line[k]);
    expect(securebits == before[i].securebits && keepcaps == before[i].keepcaps, "thread %d: securebits 0x%x, keepcaps %d; were 0x%x and %d",
        i, securebits, keepcaps, before[i].securebits, before[i].keepcaps);
}

static void set_up(void)
{
    crew_start(THREADS, set, prove);
    take(before[THREADS].line, &before[THREADS].securebits, &before[THREADS].keepcaps);
    expect(prctl(PR_GET_DUMPABLE) == 0, "dumpable after the changes: %d", prctl(PR_GET_DUMPABLE));
}

static void verify(void)
{
    prove(THREADS);
    crew_verify();
    expect(prctl(PR_GET_DUMPABLE) == 0, "dumpable is %d", prctl(PR_GET_DUMPABLE));
}

TARGET(set_up, verify)
