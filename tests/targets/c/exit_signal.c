// Children made by clone with another exit signal than SIGCHLD, or none: only waits that ask for them see them, and their end sends that signal.
#include "family.h"

static const int kinds[] = { SIGUSR1, 0, 45, SIGCHLD };
enum { CHILDREN = COUNT(kinds) };

static void block(int how)
{
    sigset_t set;
    sigemptyset(&set);
    for (int i = 0; i < CHILDREN; i++)
        if (kinds[i])
            sigaddset(&set, kinds[i]);
    sigprocmask(how, &set, NULL);
}

static void prove(int i)
{
    expect(getppid() == board->root, "child %d has parent %d", i, getppid());
    if (board->phase == 10 + i)
        _exit(20 + i);
}

static void start(int i)
{
    family_clone(i, (unsigned long)kinds[i], NULL, prove);
    family_await(i);
}

static bool waits_see(int i, int options)
{
    siginfo_t info = { 0 };
    return waitid(P_PID, (id_t)pid_of(i), &info, WEXITED | WNOHANG | WNOWAIT | options) == 0;
}

static int next_signal(siginfo_t *info)
{
    sigset_t set;
    sigfillset(&set);
    return sigtimedwait(&set, info, &(struct timespec) { 0, 0 });
}

static void set_up(void)
{
    family_open();
    block(SIG_BLOCK);
    for (int i = 0; i < CHILDREN; i++)
        start(i);
}

static void verify(void)
{
    siginfo_t info = { 0 };
    expect(next_signal(&info) == -1, "signal %d from %d is pending", info.si_signo, info.si_pid);
    family_ask(0);
    for (int i = 0; i < CHILDREN; i++) {
        bool clone_child = kinds[i] != SIGCHLD;
        expect(stat_of(pid_of(i)).exit_signal == kinds[i], "child %d has exit signal %d", i, stat_of(pid_of(i)).exit_signal);
        expect(waits_see(i, 0) == !clone_child && waits_see(i, __WCLONE) == clone_child && waits_see(i, __WALL), "child %d is seen by other waits", i);
        pid_t pid = pid_of(i);
        board->slot[i].pid = 0; // it won't answer
        family_ask(10 + i);
        expect(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT | __WALL) == 0 && info.si_status == 20 + i, "child %d ended with %d", i, info.si_status);
        info.si_pid = 0;
        int got = next_signal(&info);
        expect(got == (kinds[i] ? kinds[i] : -1), "the end of child %d sends signal %d", i, got);
        expect(got == -1 || (info.si_pid == pid && info.si_code == CLD_EXITED && info.si_status == 20 + i), "the signal of child %d: pid %d code %d status %d", i,
            info.si_pid, info.si_code, info.si_status);
        must(waitpid(pid, NULL, __WALL));
        start(i);
    }
}

TARGET(set_up, verify)
