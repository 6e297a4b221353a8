// 256 threads, each with its own thread-local state, name, signal mask and stack pattern, and its own tid.
#include "crew.h"

enum { THREADS = 256 };
static __thread uint64_t local;
static pid_t tid[THREADS];
static uint64_t *stack_pattern[THREADS];

static void set(int i)
{
    char name[16];
    // The frame stays: the pattern lives below it on the heap of this thread's arena.
    stack_pattern[i] = malloc(2048);
    fill(stack_pattern[i], 2048, i);
    local = mix(i);
    tid[i] = (pid_t)syscall(SYS_gettid);
    snprintf(name, sizeof name, "worker-%d", i);
    must(prctl(PR_SET_NAME, name));
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGRTMIN + i % 20);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
}

static void prove(int i)
{
    char name[16], wanted[16];
    snprintf(wanted, sizeof wanted, "worker-%d", i);
    must(prctl(PR_GET_NAME, name));
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    expect(local == mix(i) && filled(stack_pattern[i], 2048, i), "the memory of thread %d changed", i);
    expect(strcmp(name, wanted) == 0, "thread %d is called %s", i, name);
    expect(syscall(SYS_gettid) == tid[i], "thread %d had tid %d, has %ld", i, tid[i], syscall(SYS_gettid));
    expect(sigismember(&mask, SIGRTMIN + i % 20) && !sigismember(&mask, SIGRTMIN + (i + 1) % 20), "the mask of thread %d changed", i);
}

static void set_up(void) { crew_start(THREADS, set, prove); }

TARGET(set_up, crew_verify)
