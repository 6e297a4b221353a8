// Sessions whose leader has ended and is reaped: the members keep the session, and so do the children that they get later.
#include "sessions.h"

// The root is a subreaper. It starts a leader of a session that has members 0, 1 (own group) and 2 and ends; 3 is a child of 0.
// Another leader has ended too, but is a zombie; 4 is in its session.
enum { MEMBERS = 5 };
static pid_t zombie_leader;

static void prove(int i)
{
    place_prove(i);
    pid_t child = must(fork());
    if (child == 0)
        _exit(getsid(0) == value_of(i, 7) && getpgid(0) == value_of(i, 6) && getppid() == pid_of(i) ? 3 : 4);
    int status = 0;
    expect(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 3, "a new child of member %d is in another session or group", i);
}

static void set(int i)
{
    expect(eventually(getppid() == (i == 3 ? pid_of(0) : board->root)), "member %d has parent %d", i, getppid());
    if (i == 1)
        must(setpgid(0, 0));
    place_note(i);
    if (i == 0)
        family_fork(3, set, prove);
}

static pid_t lead(int first, int last)
{
    pid_t leader = must(fork());
    if (leader == 0) {
        must(setsid());
        for (int i = first; i <= last; i++)
            if (must(fork()) == 0)
                family_member(i, set, prove);
        _exit(11);
    }
    siginfo_t info;
    must(waitid(P_PID, (id_t)leader, &info, WEXITED | WNOWAIT));
    return leader;
}

static void set_up(void)
{
    family_open();
    must(prctl(PR_SET_CHILD_SUBREAPER, 1));
    for (int i = 0; i < MEMBERS; i++)
        family_expect(i);
    pid_t leader = lead(0, 2);
    must(waitpid(leader, NULL, 0));
    zombie_leader = lead(4, 4);
    family_await_all(MEMBERS);
    place_expect(0, leader, leader);
    place_expect(1, pid_of(1), leader);
    place_expect(2, leader, leader);
    place_expect(3, leader, leader);
    place_expect(4, zombie_leader, zombie_leader);
    board->slot[40].value[0] = leader;
}

static void verify(void)
{
    siginfo_t info = { 0 };
    pid_t leader = (pid_t)board->slot[40].value[0];
    expect(kill(leader, 0) == -1 && errno == ESRCH, "the dead leader %d is back", leader);
    expect(waitid(P_PID, (id_t)zombie_leader, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_status == 11, "the leader that is a zombie is gone");
    family_verify();
}

TARGET(set_up, verify)
