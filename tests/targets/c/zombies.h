// Children that have ended and that nobody has waited for yet: each with its status, name, group and session.
#pragma once
#include "family.h"
#include <sys/resource.h>

struct zombie { int code, status; bool own_group, own_session; const char *name; };
static const struct zombie zombie_kinds[] = {
    { CLD_EXITED, 0, false, false, "ghost none" }, { CLD_EXITED, 1, true, false, "ghost one" }, { CLD_EXITED, 42, false, true, "ghost ) 3 (" },
    { CLD_EXITED, 255, false, false, "ghost\\n" }, { CLD_KILLED, SIGKILL, false, false, "" }, { CLD_KILLED, SIGTERM, true, false, "ghost" },
    { CLD_KILLED, SIGUSR1, false, true, "0123456789abcde" }, { CLD_KILLED, 37, false, false, "real time" },
    { CLD_KILLED, SIGSEGV, false, false, "no core" },
};
enum { ZOMBIES = COUNT(zombie_kinds) };
static pid_t zombie_pid[ZOMBIES];

static _Noreturn void zombie_end(const struct zombie *z)
{
    struct rlimit none = { 0, 0 };
    sigset_t all;
    must(setrlimit(RLIMIT_CORE, &none));
    must(prctl(PR_SET_NAME, z->name));
    must(z->own_session ? setsid() : z->own_group ? setpgid(0, 0) : 0);
    if (z->code == CLD_EXITED)
        _exit(z->status);
    sigfillset(&all);
    sigprocmask(SIG_UNBLOCK, &all, NULL);
    signal(z->status, SIG_DFL);
    kill(getpid(), z->status);
    _exit(99);
}

static UNUSED void zombies_make(void)
{
    for (int i = 0; i < (int)ZOMBIES; i++) {
        zombie_pid[i] = must(fork());
        if (zombie_pid[i] == 0)
            zombie_end(&zombie_kinds[i]);
        siginfo_t info;
        while (waitid(P_PID, (id_t)zombie_pid[i], &info, WEXITED | WNOWAIT) != 0)
            expect(errno == EINTR, "waitid: %s", strerror(errno));
    }
}

static void zombie_prove(int i, int options)
{
    const struct zombie *z = &zombie_kinds[i];
    siginfo_t info = { 0 };
    int result = waitid(P_PID, (id_t)zombie_pid[i], &info, WEXITED | WNOHANG | options);
    expect(result == 0 && info.si_pid == zombie_pid[i], "zombie %d of %d is missing: %s", i, getpid(), result ? strerror(errno) : "it lives");
    expect(info.si_signo == SIGCHLD && info.si_code == z->code && info.si_status == z->status && info.si_uid == getuid(),
        "zombie %d: signal %d code %d status %d uid %d", i, info.si_signo, info.si_code, info.si_status, info.si_uid);
}

// Looks at all twice, without reaping and then with.
static UNUSED void zombies_prove(void)
{
    for (int i = 0; i < (int)ZOMBIES; i++) {
        const struct zombie *z = &zombie_kinds[i];
        char path[64], name[32];
        snprintf(path, sizeof path, "/proc/%d/comm", zombie_pid[i]);
        slurp(path, name, sizeof name);
        name[strcspn(name, "\n")] = 0;
        expect(i == 3 || strcmp(name, z->name) == 0, "zombie %d is named %s", i, name);
        struct process_stat s = stat_of(zombie_pid[i]);
        expect(s.state == 'Z' && s.parent == getpid(), "zombie %d has state %c and parent %d", i, s.state ? s.state : '-', s.parent);
        expect(s.group == (z->own_group || z->own_session ? zombie_pid[i] : getpgid(0)) && s.session == (z->own_session ? zombie_pid[i] : getsid(0)),
            "zombie %d has group %d and session %d", i, s.group, s.session);
        zombie_prove(i, WNOWAIT);
    }
    for (int i = ZOMBIES - 1; i >= 0; i--)
        zombie_prove(i, 0);
    for (int i = 0; i < (int)ZOMBIES; i++)
        expect(waitpid(zombie_pid[i], NULL, WNOHANG) == -1 && errno == ECHILD, "zombie %d is still there", i);
}
