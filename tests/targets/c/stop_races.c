// Children that are stopped and continued all the time: each stop and each continuation is told to the parent once, in turn, and none is lost.
#include "family.h"

// Member i does it to a child of its own, which counts while it runs.
enum { MEMBERS = 3 };
static volatile int64_t turns;
static pid_t child;

static _Noreturn void run(volatile int64_t *count, pid_t parent)
{
    must(prctl(PR_SET_PDEATHSIG, SIGKILL)); // a stopped one would stay
    while (getppid() == parent) {
        ++*count;
        if (*count % 64 == 0)
            sleep_ms(1);
    }
    _exit(0);
}

static void next_is(int code, int status, int options)
{
    siginfo_t info = { 0 };
    int result;
    while ((result = waitid(P_PID, (id_t)child, &info, options)) != 0 && errno == EINTR)
        ;
    expect(result == 0 && info.si_code == code && info.si_status == status, "turn %ld of member %d: code %d status %d", (long)turns, family_me, info.si_code, info.si_status);
}

static void *race(void *argument UNUSED)
{
    volatile int64_t *count = &board->slot[family_me].value[0];
    // The thread that is the child's parent lives as long as the process.
    for (;; turns++) {
        kill(child, SIGSTOP);
        next_is(CLD_STOPPED, SIGSTOP, WSTOPPED);
        int64_t before = *count;
        if (turns % 3 == 0)
            sleep_ms(family_me);
        expect(*count == before, "the stopped child of member %d runs", family_me);
        kill(child, SIGCONT);
        next_is(CLD_CONTINUED, SIGCONT, WCONTINUED);
        for (int i = 0; i < 1000 && *count == before; i++)
            sleep_ms(1);
        expect(*count != before, "the continued child of member %d does not run", family_me);
    }
    return NULL;
}

static void set(int i)
{
    pid_t parent = getpid();
    child = must(fork());
    if (child == 0)
        run(&board->slot[i].value[0], parent);
    spawn(race, NULL);
}

static void prove(int i)
{
    int64_t before = turns;
    expect(eventually(turns > before + 2), "member %d no longer stops its child", i);
    siginfo_t info = { 0 };
    expect(waitid(P_PID, (id_t)child, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == 0, "the child of member %d has ended", i);
}

static void set_up(void) { family_start(MEMBERS, set, prove); }

TARGET(set_up, family_verify)
