// Stopped children, as their parent sees them: a stop or a continuation that it has waited for is not told again, one that it hasn't is; a signal
// sent meanwhile waits; SIGCONT makes each go on.
#include "family.h"

// Each child is in a group of its own: SIGTSTP does nothing in an orphaned one.
enum { SEEN, UNSEEN, BY_TSTP, SIGNALLED, CONTINUED, CHILDREN };

static volatile sig_atomic_t handled;
static void handler(int signal UNUSED) { handled++; }

static void set(int i UNUSED)
{
    must(setpgid(0, 0));
    must(sigaction(SIGUSR1, &(struct sigaction) { .sa_handler = handler }, NULL));
}

static void prove(int i) { board->slot[i].value[0] = handled; }

// What a wait for this says, reaping nothing: the status, or 0.
static int told(int i, int options, int *code)
{
    siginfo_t info = { 0 };
    must(waitid(P_PID, (id_t)pid_of(i), &info, options | WNOHANG));
    *code = info.si_code;
    return info.si_pid == pid_of(i) ? info.si_status : 0;
}

static void stop_all(void)
{
    siginfo_t info;
    for (int i = 0; i < CHILDREN; i++) {
        must(kill(pid_of(i), i == BY_TSTP ? SIGTSTP : SIGSTOP));
        must(waitid(P_PID, (id_t)pid_of(i), &info, WSTOPPED | (i == SEEN || i == CONTINUED ? 0 : WNOWAIT)));
    }
    must(kill(pid_of(SIGNALLED), SIGUSR1));
    must(kill(pid_of(CONTINUED), SIGCONT));
}

static void set_up(void)
{
    family_start(CHILDREN, set, prove);
    stop_all();
}

static void verify(void)
{
    int code;
    for (int i = 0; i < CHILDREN; i++) {
        char state = stat_of(pid_of(i)).state;
        expect(i == CONTINUED ? state != 'T' : state == 'T', "child %d has state %c", i, state);
        int stop = told(i, WSTOPPED | WNOWAIT, &code), wanted = i == SEEN || i == CONTINUED ? 0 : i == BY_TSTP ? SIGTSTP : SIGSTOP;
        expect(stop == wanted && (stop == 0 || code == CLD_STOPPED), "the stop of child %d is told as %d, code %d", i, stop, code);
        int go = told(i, WCONTINUED | WNOWAIT, &code);
        expect(go == (i == CONTINUED ? SIGCONT : 0), "the continuation of child %d is told as %d", i, go);
        expect(told(i, WEXITED | WNOWAIT, &code) == 0, "child %d has ended", i);
    }
    int64_t before[CHILDREN];
    for (int i = 0; i < CHILDREN; i++) {
        before[i] = value_of(i, 0);
        if (i != CONTINUED)
            must(kill(pid_of(i), SIGCONT));
        expect(told(i, WCONTINUED, &code) == SIGCONT && code == CLD_CONTINUED, "child %d does not go on", i);
        expect(told(i, WSTOPPED | WNOWAIT, &code) == 0, "child %d is told as stopped when it goes on", i);
    }
    family_verify();
    for (int i = 0; i < CHILDREN; i++)
        expect(value_of(i, 0) == before[i] + (i == SIGNALLED), "child %d handled %ld signals", i, (long)(value_of(i, 0) - before[i]));
    stop_all();
}

TARGET(set_up, verify)
