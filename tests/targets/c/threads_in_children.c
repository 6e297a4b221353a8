// Children with several threads each: every thread keeps its thread id, its own memory and its mask, in its own process.
#include "crew.h"
#include "family.h"

enum { CHILDREN = 4, THREADS = 5 };
static __thread struct { pid_t id; uint64_t seed; } mine;
static pid_t ids[THREADS];

static void set_thread(int t)
{
    mine.id = ids[t] = (pid_t)syscall(SYS_gettid);
    mine.seed = mix(family_me * 100 + t);
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGRTMIN + 2 + t);
    pthread_sigmask(SIG_BLOCK, &blocked, NULL);
}

static void prove_thread(int t)
{
    sigset_t blocked;
    pthread_sigmask(SIG_BLOCK, NULL, &blocked);
    expect(syscall(SYS_gettid) == ids[t] && mine.id == ids[t], "thread %d of child %d was %d, is %ld", t, family_me, ids[t], syscall(SYS_gettid));
    expect(mine.seed == mix(family_me * 100 + t), "thread %d of child %d has another's memory", t, family_me);
    for (int s = 0; s < THREADS; s++)
        expect(sigismember(&blocked, SIGRTMIN + 2 + s) == (s == t), "thread %d of child %d has another's mask", t, family_me);
    expect(syscall(SYS_tgkill, getpid(), ids[t], 0) == 0, "thread %d of child %d is in another process", t, family_me);
}

static void set(int i UNUSED) { crew_start(THREADS, set_thread, prove_thread); }

static void prove(int i)
{
    crew_verify();
    struct process_stat s = stat_of(getpid());
    expect(s.threads == THREADS + 1 && s.parent == board->root, "child %d has %ld threads, parent %d", i, s.threads, s.parent);
}

static void set_up(void) { family_start(CHILDREN, set, prove); }

TARGET(set_up, family_verify)
