// The fs and gs bases of each thread: thread-local variables by fs, and memory of the thread's own by gs.
#include "crew.h"
#include <asm/prctl.h>

static __thread uint64_t local, locals[100];
static uint64_t block[6][2];

static void set(int i)
{
    local = mix(i);
    fill(locals, sizeof locals, i);
    block[i][0] = mix(i + 50);
    if (i % 2) // the others keep gs as it is: zero
        must(syscall(SYS_arch_prctl, ARCH_SET_GS, block[i]));
}

static void prove(int i)
{
    expect(local == mix(i) && filled(locals, sizeof locals, i), "thread-local variables of thread %d changed", i);
    uint64_t gs = 1, value;
    must(syscall(SYS_arch_prctl, ARCH_GET_GS, &gs));
    expect(gs == (i % 2 ? (uint64_t)(uintptr_t)block[i] : 0), "the gs base of thread %d is %lx", i, gs);
    if (i % 2) {
        asm volatile("mov %%gs:0, %0" : "=r"(value));
        expect(value == mix(i + 50), "gs of thread %d reads %lx", i, value);
    }
}

static void set_up(void) { crew_start(6, set, prove); }

TARGET(set_up, crew_verify)
