// The action of every signal: handler or SIG_IGN or SIG_DFL, flags, mask and restorer, byte for byte as the kernel tells them; and handlers run.
#include "target.h"
#include <ucontext.h>

struct kernel_action { void (*handler)(int); unsigned long flags; void (*restorer)(void); uint64_t mask; };
static struct kernel_action before[65];
static volatile int caught, caught_value;

static void handler(int signal) { caught = signal; }
static void informed(int signal, siginfo_t *info, void *context UNUSED) { caught = signal, caught_value = info->si_value.sival_int; }
void restorer(void);
asm(".text\nrestorer: mov $15, %eax\n syscall\n"); // rt_sigreturn

static const unsigned long flags[] = { 0, SA_RESTART, SA_NODEFER, SA_ONSTACK, SA_RESTART | SA_NODEFER | SA_ONSTACK, SA_RESETHAND };

static void set_up(void)
{
    for (int s = 1; s <= 64; s++) {
        if (s == SIGKILL || s == SIGSTOP)
            continue;
        struct kernel_action action = { .restorer = restorer, .flags = 0x4000000 | flags[s % COUNT(flags)], .mask = mix(s) };
        switch (s % 7) {
        case 0: action.handler = SIG_IGN; break;
        case 1: action.handler = SIG_DFL; break;
        case 2: action.handler = (void (*)(int))(uintptr_t)informed; action.flags |= SA_SIGINFO; break;
        default: action.handler = handler; break;
        }
        if (s == SIGCHLD)
            action.flags |= SA_NOCLDSTOP | SA_NOCLDWAIT;
        must(syscall(SYS_rt_sigaction, s, &action, NULL, 8));
        must(syscall(SYS_rt_sigaction, s, NULL, &before[s], 8));
    }
}

static void verify(void)
{
    for (int s = 1; s <= 64; s++) {
        struct kernel_action now;
        if (s == SIGKILL || s == SIGSTOP)
            continue;
        must(syscall(SYS_rt_sigaction, s, NULL, &now, 8));
        expect(memcmp(&now, &before[s], sizeof now) == 0, "signal %d: handler %p flags %lx restorer %p mask %lx, was %p %lx %p %lx", s, (void *)now.handler,
            now.flags, (void *)now.restorer, now.mask, (void *)before[s].handler, before[s].flags, (void *)before[s].restorer, before[s].mask);
    }
    union sigval value = { .sival_int = 4711 };
    must(sigqueue(getpid(), 37, value)); // 37 % 7 == 2: with siginfo
    expect(caught == 37 && caught_value == 4711, "signal 37 gave %d with %d", caught, caught_value);
    must(kill(getpid(), SIGUSR1)); // 10 % 7 == 3
    expect(caught == SIGUSR1, "SIGUSR1 was not caught");
}

TARGET(set_up, verify)
