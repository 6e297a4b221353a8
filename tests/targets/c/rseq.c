// Restartable sequences: per-CPU counters raised in critical sections by many threads must add up, and each thread stays registered.
#include "crew.h"
#include <sched.h>
#include <sys/rseq.h>

enum { THREADS = 4, CPUS = 1024 };
static struct { intptr_t count; char filler[120]; } counter[CPUS] __attribute__((aligned(128)));
static struct { volatile long count; char filler[120]; } done[THREADS] __attribute__((aligned(128)));
static volatile bool hold, held[THREADS];

static volatile struct rseq *area(void) { return (struct rseq *)((char *)__builtin_thread_pointer() + __rseq_offset); }

// Adds one to this CPU's counter; false when the kernel aborted the sequence.
static bool add(volatile struct rseq *rseq)
{
    uint32_t cpu = rseq->cpu_id_start;
    if (cpu >= CPUS)
        return false;
    asm goto(
        ".pushsection __rseq_cs, \"aw\"\n .balign 32\n 3: .long 0, 0\n .quad 1f, 2f - 1f, 4f\n .popsection\n"
        "lea 3b(%%rip), %%rax\n movq %%rax, %[cs]\n"
        "1: cmpl %[cpu], %[now]\n jnz 4f\n"
        "addq $1, %[count]\n"
        "2: jmp 5f\n"
        ".byte 0x0f, 0xb9, 0x3d\n .long 0x53053053\n" // the signature that the kernel wants before an abort handler
        "4: jmp %l[aborted]\n"
        "5:\n"
        : : [cpu] "r"(cpu), [now] "m"(rseq->cpu_id), [cs] "m"(rseq->rseq_cs), [count] "m"(counter[cpu].count) : "memory", "cc", "rax" : aborted);
    return true;
aborted:
    return false;
}

static void *worker(void *argument)
{
    int me = (int)(intptr_t)argument;
    for (;;) {
        for (int i = 0; i < 10000; i++)
            if (add(area()))
                done[me].count++;
        if (!hold)
            continue;
        held[me] = true;
        while (hold)
            sleep_ms(1);
        held[me] = false;
    }
    return NULL;
}

static void set(int i UNUSED) { }

static void prove(int i)
{
    cpu_set_t all, one;
    must(sched_getaffinity(0, sizeof all, &all));
    for (int cpu = 0; cpu < 64; cpu++) {
        if (!CPU_ISSET(cpu, &all))
            continue;
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        must(sched_setaffinity(0, sizeof one, &one));
        sched_yield();
        expect(area()->cpu_id == (uint32_t)cpu, "thread %d on CPU %d has rseq cpu_id %d", i, cpu, (int)area()->cpu_id);
    }
    must(sched_setaffinity(0, sizeof all, &all));
}

static void set_up(void)
{
    if (__rseq_size == 0 || (int32_t)area()->cpu_id < 0)
        skip("the C library did not register rseq");
    for (int i = 0; i < THREADS; i++)
        spawn(worker, (void *)(intptr_t)i);
    crew_start(2, set, prove);
}

static bool all_are(bool wanted)
{
    bool all = true;
    for (int i = 0; i < THREADS; i++)
        all &= held[i] == wanted;
    return all;
}

static void verify(void)
{
    hold = true;
    expect(eventually(all_are(true)), "workers do not stop");
    long sum = 0, expected = 0;
    for (int cpu = 0; cpu < CPUS; cpu++)
        sum += counter[cpu].count;
    for (int i = 0; i < THREADS; i++)
        expected += done[i].count;
    expect(sum == expected, "counters add up to %ld, %ld were counted", sum, expected);
    crew_verify();
    hold = false;
    expect(eventually(all_are(false)), "workers do not go on");
}

TARGET(set_up, verify)
