// Process groups whose leader has ended: reaped, or still a zombie. The members keep the group, and a signal to it reaches them.
#include "sessions.h"

// 0 1 2 in a group whose leader was reaped, of which 2 is a child of 1; 3 in a group whose leader is a zombie.
enum { MEMBERS = 4 };
static pid_t reaped, zombie, joining;

static void prove(int i)
{
    place_prove(i);
    group_count(i);
}

static void set(int i)
{
    group_listen();
    if (i != 2)
        must(setpgid(0, joining));
    place_note(i);
    if (i == 1)
        family_fork(2, set, prove);
}

static pid_t lead(int first, int last)
{
    volatile int64_t *leave = &board->slot[40].value[first];
    joining = must(fork());
    if (joining == 0) {
        must(setpgid(0, 0));
        while (!*leave)
            sleep_ms(2);
        _exit(12);
    }
    expect(eventually(getpgid(joining) == joining), "no group");
    for (int i = first; i <= last; i++) {
        family_fork(i, set, prove);
        family_await(i);
    }
    *leave = 1;
    return joining;
}

static void set_up(void)
{
    family_open();
    reaped = lead(0, 1);
    int status = 0;
    expect(waitpid(reaped, &status, 0) == reaped && WEXITSTATUS(status) == 12, "the leader ended with %x", status);
    zombie = lead(3, 3);
    siginfo_t info;
    must(waitid(P_PID, (id_t)zombie, &info, WEXITED | WNOWAIT));
    family_await_all(MEMBERS);
    place_expect(0, reaped, getsid(0));
    place_expect(2, reaped, getsid(0));
    place_expect(3, zombie, getsid(0));
}

static void verify(void)
{
    siginfo_t info = { 0 };
    expect(kill(reaped, 0) == -1 && errno == ESRCH, "the dead leader %d is back", reaped);
    expect(waitid(P_PID, (id_t)zombie, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_status == 12, "the leader that is a zombie is gone");
    family_verify();
    group_reaches(reaped, 1 << 0 | 1 << 1 | 1 << 2);
    group_reaches(zombie, 1 << 3);
}

TARGET(set_up, verify)
