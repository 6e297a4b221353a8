// A zombie that left a core file: waitid says CLD_DUMPED.
#include "family.h"
#include <sys/resource.h>

static pid_t dead;

static void make(void)
{
    struct rlimit limit;
    must(getrlimit(RLIMIT_CORE, &limit));
    limit.rlim_cur = limit.rlim_max;
    dead = must(fork());
    if (dead == 0) {
        must(setrlimit(RLIMIT_CORE, &limit));
        must(chdir(target_dir));
        signal(SIGQUIT, SIG_DFL);
        kill(getpid(), SIGQUIT);
        _exit(99);
    }
}

static void set_up(void)
{
    siginfo_t info;
    family_open();
    make();
    must(waitid(P_PID, (id_t)dead, &info, WEXITED | WNOWAIT));
    if (info.si_code == CLD_KILLED)
        skip("no core files are written here: the hard limit or core_pattern forbids");
}

static void verify(void)
{
    siginfo_t info = { 0 };
    int result = waitid(P_PID, (id_t)dead, &info, WEXITED);
    expect(result == 0 && info.si_pid == dead && info.si_code == CLD_DUMPED && info.si_status == SIGQUIT, "the zombie gives %d: pid %d code %d status %d",
        result, info.si_pid, info.si_code, info.si_status);
    make();
    must(waitid(P_PID, (id_t)dead, &info, WEXITED | WNOWAIT));
}

TARGET(set_up, verify)
