// Signal dispositions, masks and alternate stacks of each process of a tree: each its own, whatever its parent has.
#include "family.h"

enum { MEMBERS = 4 };
static volatile sig_atomic_t ran, on_stack;
static char *stack;

static void handler(int signal)
{
    char here;
    ran = signal;
    on_stack = stack && &here >= stack && &here < stack + 64 * KIB;
}

static void other_handler(int signal) { ran = signal + 1000; }

static bool blocks(int i, int signal) { return (signal + i) % 5 == 0; }

static void look(int i)
{
    sigset_t mask;
    struct sigaction action;
    stack_t now;
    sigprocmask(SIG_SETMASK, NULL, &mask);
    for (int signal = 40; signal < 60; signal++)
        expect(sigismember(&mask, signal) == blocks(i, signal), "signal %d of process %d", signal, i);
    must(sigaction(SIGUSR1, NULL, &action));
    expect(action.sa_handler == (i % 2 ? other_handler : handler) && (action.sa_flags & SA_ONSTACK ? 1 : 0) == (i % 2 == 0), "the handler of process %d", i);
    must(sigaction(SIGHUP, NULL, &action));
    expect(action.sa_handler == (i == 2 ? SIG_IGN : SIG_DFL), "SIGHUP of process %d", i);
    must(sigaltstack(NULL, &now));
    expect(stack ? now.ss_sp == stack && now.ss_size == 64 * KIB && now.ss_flags == 0 : now.ss_flags == SS_DISABLE, "the alternate stack of process %d", i);
    must(kill(getpid(), SIGUSR1));
    expect(ran == (i % 2 ? SIGUSR1 + 1000 : SIGUSR1) && (i % 2 || on_stack == (stack != NULL)), "process %d ran %d, %son its alternate stack", i, ran, on_stack ? "" : "not ");
    ran = on_stack = 0;
}

static void set(int i)
{
    sigset_t mask;
    sigemptyset(&mask);
    for (int signal = 40; signal < 60; signal++)
        if (blocks(i, signal))
            sigaddset(&mask, signal);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    must(sigaction(SIGUSR1, &(struct sigaction) { .sa_handler = i % 2 ? other_handler : handler, .sa_flags = i % 2 ? 0 : SA_ONSTACK }, NULL));
    signal(SIGHUP, i == 2 ? SIG_IGN : SIG_DFL);
    stack = NULL;
    if (i < 2)
        stack = must(mmap(NULL, 64 * KIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    must(sigaltstack(&(stack_t) { .ss_sp = stack, .ss_size = 64 * KIB, .ss_flags = stack ? 0 : SS_DISABLE }, NULL));
    if (i >= 0 && i + 1 < MEMBERS)
        family_fork(i + 1, set, look);
}

static void set_up(void)
{
    family_open();
    set(-1);
    family_fork(0, set, look);
    family_await_all(MEMBERS);
}

static void verify(void)
{
    look(-1);
    family_verify();
}

TARGET(set_up, verify)
