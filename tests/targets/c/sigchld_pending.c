// SIGCHLD of parents with zombies: pending exactly where it was, for the first child that ended; where it was taken, or handled, none comes again.
#include "family.h"

enum { PENDING, TAKEN, HANDLED, STOP_PENDING, MEMBERS };
static volatile sig_atomic_t handled;
static pid_t ended, killed, stopped;

static void handler(int signal UNUSED) { handled++; }

static int take(siginfo_t *info)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    return sigtimedwait(&set, info, &(struct timespec) { 0, 0 });
}

static pid_t child_that(int code, int signal)
{
    siginfo_t info;
    pid_t pid = must(fork());
    if (pid == 0) {
        must(prctl(PR_SET_PDEATHSIG, SIGKILL)); // a stopped one would stay
        kill(getpid(), signal);
        _exit(code);
    }
    while (waitid(P_PID, (id_t)pid, &info, WEXITED | WSTOPPED | WNOWAIT) != 0) // a handler interrupts it
        ;
    return pid;
}

static void make(int i)
{
    siginfo_t info;
    handled = 0;
    if (i == STOP_PENDING)
        stopped = child_that(0, SIGSTOP);
    ended = child_that(3, 0);
    killed = child_that(0, SIGKILL);
    if (i == TAKEN)
        expect(take(&info) == SIGCHLD, "no SIGCHLD");
    if (i == HANDLED)
        expect(eventually(handled == 2), "%d SIGCHLD for two children", handled);
}

static void set(int i)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    must(sigaction(SIGCHLD, &(struct sigaction) { .sa_handler = handler, .sa_flags = SA_RESTART }, NULL));
    if (i != HANDLED)
        sigprocmask(SIG_BLOCK, &set, NULL);
    make(i);
}

static void prove(int i)
{
    siginfo_t info = { 0 };
    int status = 0, found = take(&info);
    expect(found == (i == PENDING || i == STOP_PENDING ? SIGCHLD : -1), "member %d: SIGCHLD of %d is %s", i, info.si_pid, found == -1 ? "lost" : "pending");
    if (i == PENDING)
        expect(info.si_pid == ended && info.si_code == CLD_EXITED && info.si_status == 3 && info.si_uid == getuid(), "SIGCHLD of %d, code %d, status %d", info.si_pid,
            info.si_code, info.si_status);
    if (i == STOP_PENDING)
        expect(info.si_pid == stopped && info.si_code == CLD_STOPPED && info.si_status == SIGSTOP, "SIGCHLD of %d, code %d, status %d", info.si_pid, info.si_code,
            info.si_status);
    expect(take(&info) == -1, "member %d has a second SIGCHLD", i);
    expect(i != HANDLED || handled == 2, "member %d handled SIGCHLD %d times", i, handled);
    expect(waitpid(ended, &status, WNOHANG) == ended && WEXITSTATUS(status) == 3, "the child that ended gives %x", status);
    expect(waitpid(killed, &status, WNOHANG) == killed && WTERMSIG(status) == SIGKILL, "the child that was killed gives %x", status);
    if (stopped) {
        expect(waitpid(stopped, &status, WNOHANG | WUNTRACED) == stopped && WIFSTOPPED(status), "the stopped child gives %x", status);
        must(kill(stopped, SIGKILL));
        must(waitpid(stopped, NULL, 0));
        take(&info);
    }
    make(i);
}

static void set_up(void) { family_start(MEMBERS, set, prove); }

TARGET(set_up, family_verify)
