// Processes that share their signal handlers (CLONE_SIGHAND, and so memory): a handler that one sets is the other's, while masks and pending
// signals stay each one's own.
#include "shared_vm.h"

#define SA_RESTORER_FLAG 0x04000000 // the C library shows it on x86
enum { PARENT, CHILD, MEMBERS };

static void first_handler(int signal UNUSED) { board->slot[getpid() == pid_of(PARENT) ? PARENT : CHILD].value[0] += 1; }
static void second_handler(int signal UNUSED) { board->slot[getpid() == pid_of(PARENT) ? PARENT : CHILD].value[0] += 100; }

static void handle(void (*handler)(int), int flags)
{
    struct sigaction action = { .sa_handler = handler, .sa_flags = flags };
    sigemptyset(&action.sa_mask);
    sigaddset(&action.sa_mask, SIGWINCH);
    sigaction(SIGUSR1, &action, NULL);
}

static void prove(int i)
{
    struct sigaction now;
    sigset_t set;
    switch (board->phase) {
    case 1:
        sigaction(SIGUSR1, NULL, &now);
        if (now.sa_handler != first_handler || (now.sa_flags & ~SA_RESTORER_FLAG) != SA_RESTART || !sigismember(&now.sa_mask, SIGWINCH) || sigismember(&now.sa_mask, SIGHUP))
            vm_fail(i, "member %d has another handler", i);
        sigprocmask(SIG_SETMASK, NULL, &set);
        if (sigismember(&set, SIGUSR2) != (i == CHILD))
            vm_fail(i, "member %d has the other's mask", i);
        sigpending(&set);
        if (sigismember(&set, SIGUSR2) != (i == CHILD))
            vm_fail(i, "member %d has the other's pending signals", i);
        break;
    case 2: if (i == CHILD) handle(second_handler, SA_NODEFER); break;
    case 3:
        sigaction(SIGUSR1, NULL, &now);
        if (now.sa_handler != second_handler || (now.sa_flags & ~SA_RESTORER_FLAG) != SA_NODEFER)
            vm_fail(i, "the handler that the child sets is not that of member %d", i);
        break;
    case 4: if (i == PARENT) handle(first_handler, SA_RESTART); break;
    }
}

static void set(int i UNUSED)
{
    sigset_t blocked, old;
    handle(first_handler, SA_RESTART);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR2);
    sigprocmask(SIG_BLOCK, &blocked, &old);
    pid_t child = vm_clone(CHILD, CLONE_SIGHAND | SIGCHLD, prove);
    sigprocmask(SIG_SETMASK, &old, NULL);
    must(kill(child, SIGUSR2));
}

static void set_up(void)
{
    family_open();
    family_fork(PARENT, set, prove);
    family_await_all(MEMBERS);
}

static void strike(int64_t each)
{
    for (int i = 0; i < MEMBERS; i++) {
        int64_t before = value_of(i, 0), other = value_of(!i, 0);
        must(kill(pid_of(i), SIGUSR1));
        expect(eventually(value_of(i, 0) != before) && value_of(i, 0) == before + each && value_of(!i, 0) == other, "the handler of member %d was not run", i);
    }
}

static void verify(void)
{
    expect(same_object(pid_of(PARENT), pid_of(CHILD), KCMP_SIGHAND, 0, 0) && same_object(pid_of(PARENT), pid_of(CHILD), KCMP_VM, 0, 0), "handlers are no longer shared");
    expect(!same_object(board->root, pid_of(PARENT), KCMP_SIGHAND, 0, 0), "the root shares handlers");
    expect(!same_object(pid_of(PARENT), pid_of(CHILD), KCMP_FILES, 0, 0), "descriptors are shared");
    family_ask(1);
    strike(1);
    family_ask(2);
    family_ask(3);
    strike(100);
    family_ask(4);
    family_ask(1);
}

TARGET(set_up, verify)
