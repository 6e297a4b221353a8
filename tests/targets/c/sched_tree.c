// Scheduling policy, nice value, CPU affinity and I/O priority of each process of a tree, which differ from its parent's.
#include "family.h"
#include <sched.h>
#include <sys/resource.h>

static const struct { int policy, nice, io; bool one_cpu; } wanted[] = {
    { SCHED_BATCH, 3, 2 << 13 | 1, true }, { SCHED_IDLE, 3, 3 << 13, false }, { SCHED_OTHER, 12, 2 << 13 | 7, true }, { SCHED_BATCH, 19, 2 << 13 | 5, false },
};
enum { MEMBERS = COUNT(wanted) };
static cpu_set_t cpus;
static int root_nice;

static void prove(int i)
{
    cpu_set_t now;
    errno = 0;
    int nice = getpriority(PRIO_PROCESS, 0), policy = sched_getscheduler(0), io = (int)syscall(SYS_ioprio_get, 1, 0);
    expect(policy == wanted[i].policy && nice == wanted[i].nice && io == wanted[i].io, "member %d: policy %d nice %d io %x", i, policy, nice, io);
    must(sched_getaffinity(0, sizeof now, &now));
    expect(CPU_EQUAL(&now, &cpus), "member %d may run on %d CPUs, was %d", i, CPU_COUNT(&now), CPU_COUNT(&cpus));
}

static void set(int i)
{
    struct sched_param none = { 0 };
    must(setpriority(PRIO_PROCESS, 0, wanted[i].nice));
    must(sched_setscheduler(0, wanted[i].policy, &none));
    must(syscall(SYS_ioprio_set, 1, 0, wanted[i].io));
    must(sched_getaffinity(0, sizeof cpus, &cpus));
    if (wanted[i].one_cpu) {
        int cpu = 0;
        while (!CPU_ISSET(cpu, &cpus))
            cpu++;
        CPU_ZERO(&cpus);
        CPU_SET(cpu, &cpus);
        must(sched_setaffinity(0, sizeof cpus, &cpus));
    }
}

static void set_up(void)
{
    errno = 0;
    root_nice = getpriority(PRIO_PROCESS, 0);
    if (root_nice > wanted[0].nice)
        skip("the nice value here is above those that the members take, and can't be lowered");
    family_start(MEMBERS, set, prove);
}

static void verify(void)
{
    expect(getpriority(PRIO_PROCESS, 0) == root_nice && sched_getscheduler(0) == SCHED_OTHER, "the root's nice value or policy changed");
    family_verify();
}

TARGET(set_up, verify)
