// The alternate signal stack of each thread: plain, SS_AUTODISARM, disabled; handlers run on it, and a thread may stand on it meanwhile.
#include "crew.h"
#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1U << 31)
#endif

enum { THREADS = 5, STANDING = 4, SIZE = 64 * KIB };
static char stack[THREADS][SIZE] __attribute__((aligned(4096)));
static __thread volatile uintptr_t handler_stack;
static volatile int standing, leave;

static int mode(int i) { return i == 1 ? (int)SS_AUTODISARM : i == 2 ? SS_DISABLE : 0; }

static void handler(int signal)
{
    char here;
    handler_stack = (uintptr_t)&here;
    if (signal == SIGUSR2) {
        // Stands on the alternate stack during the checkpoint.
        standing = 1;
        while (!leave)
            sleep_ms(5);
        stack_t now;
        must(sigaltstack(NULL, &now));
        expect(now.ss_flags == SS_ONSTACK && now.ss_sp == stack[STANDING], "the standing thread's stack has flags %x", now.ss_flags);
        standing = 0;
    }
}

static void set(int i)
{
    stack_t wanted = { .ss_sp = stack[i], .ss_flags = mode(i), .ss_size = SIZE };
    must(sigaltstack(&wanted, NULL));
}

static void prove(int i)
{
    stack_t now;
    must(sigaltstack(NULL, &now));
    expect(now.ss_flags == mode(i), "thread %d has flags %x", i, now.ss_flags);
    expect(mode(i) == SS_DISABLE || (now.ss_sp == stack[i] && now.ss_size == SIZE), "the stack of thread %d is %p", i, now.ss_sp);
    must(raise(SIGUSR1));
    bool on = handler_stack >= (uintptr_t)stack[i] && handler_stack < (uintptr_t)stack[i] + SIZE;
    expect(on == (mode(i) != SS_DISABLE), "the handler of thread %d ran %s its stack", i, on ? "on" : "off");
}

static void *stand(void *argument UNUSED)
{
    set(STANDING);
    for (;;) {
        if (!leave)
            must(raise(SIGUSR2));
        sleep_ms(5);
    }
    return NULL;
}

static void set_up(void)
{
    struct sigaction action = { .sa_handler = handler, .sa_flags = SA_ONSTACK };
    must(sigaction(SIGUSR1, &action, NULL));
    must(sigaction(SIGUSR2, &action, NULL));
    crew_start(STANDING, set, prove);
    spawn(stand, NULL);
    expect(eventually(standing), "no thread stands on its alternate stack");
}

static void verify(void)
{
    crew_verify();
    leave = 1;
    expect(eventually(!standing), "the standing thread does not answer");
    leave = 0;
    expect(eventually(standing), "the thread does not stand on its alternate stack again");
}

TARGET(set_up, verify)
