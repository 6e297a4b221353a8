// Each thread's scheduling policy, nice value, CPU affinity and I/O priority.
#include "crew.h"
#include <sched.h>
#include <sys/resource.h>

struct attributes { int policy, nice, reset; long io; cpu_set_t cpus; };
static const struct { int policy, nice, io, reset; bool one_cpu; } wanted[] = {
    { SCHED_OTHER, 0, 0, 0, false }, { SCHED_BATCH, 0, 0, 0, false }, { SCHED_IDLE, 0, 0, 0, true },
    { SCHED_OTHER, 7, 2 << 13 | 6, 0, true }, { SCHED_BATCH, 19, 3 << 13, SCHED_RESET_ON_FORK, false },
};
enum { THREADS = COUNT(wanted) };
static struct attributes before[THREADS];

static void take(struct attributes *a)
{
    memset(a, 0, sizeof *a);
    a->policy = must(sched_getscheduler(0));
    errno = 0;
    a->nice = getpriority(PRIO_PROCESS, 0);
    a->io = must(syscall(SYS_ioprio_get, 1, 0));
    must(sched_getaffinity(0, sizeof a->cpus, &a->cpus));
}

static void set(int i)
{
    struct sched_param none = { 0 };
    must(setpriority(PRIO_PROCESS, 0, wanted[i].nice));
    if (wanted[i].policy != SCHED_OTHER)
        must(sched_setscheduler(0, wanted[i].policy | (wanted[i].reset ? SCHED_RESET_ON_FORK : 0), &none));
    if (wanted[i].io)
        must(syscall(SYS_ioprio_set, 1, 0, wanted[i].io));
    if (wanted[i].one_cpu) {
        cpu_set_t all, one;
        must(sched_getaffinity(0, sizeof all, &all));
        CPU_ZERO(&one);
        for (int cpu = CPU_SETSIZE - 1; cpu >= 0 && CPU_COUNT(&one) == 0; cpu--)
            if (CPU_ISSET(cpu, &all))
                CPU_SET(cpu, &one);
        must(sched_setaffinity(0, sizeof one, &one));
    }
    take(&before[i]);
}

static void prove(int i)
{
    struct attributes now;
    take(&now);
    expect(now.policy == before[i].policy && now.nice == before[i].nice && now.io == before[i].io, "thread %d: policy %x nice %d io %lx, was %x %d %lx",
        i, now.policy, now.nice, now.io, before[i].policy, before[i].nice, before[i].io);
    expect(CPU_EQUAL(&now.cpus, &before[i].cpus), "thread %d may run on %d CPUs, was %d", i, CPU_COUNT(&now.cpus), CPU_COUNT(&before[i].cpus));
}

static void set_up(void) { crew_start(THREADS, set, prove); }

TARGET(set_up, crew_verify)
