// Process groups in one session: who is in which, and a signal to a group reaches its members and nobody else.
#include "sessions.h"

// 0 1 2 in the group of 0; 3 4 in the group of 3, of which 4 is a grandchild; 5 alone; 6 in the root's.
enum { MEMBERS = 7 };

static void prove(int i)
{
    place_prove(i);
    group_count(i);
}

static void set(int i)
{
    group_listen();
    if (i == 0 || i == 3 || i == 5)
        must(setpgid(0, 0));
    if (i == 1 || i == 2)
        must(setpgid(0, pid_of(0)));
    place_note(i);
    if (i == 3)
        family_fork(4, set, prove);
}

static void set_up(void)
{
    group_listen();
    family_open();
    for (int i = 0; i < MEMBERS; i++)
        if (i != 4) {
            family_fork(i, set, prove);
            family_await(i);
        }
    family_await_all(MEMBERS);
    place_expect(2, pid_of(0), getsid(0));
    place_expect(4, pid_of(3), getsid(0));
    place_expect(6, getpgid(0), getsid(0));
}

static void verify(void)
{
    family_verify();
    group_reaches(pid_of(0), 1 << 0 | 1 << 1 | 1 << 2);
    group_reaches(pid_of(3), 1 << 3 | 1 << 4);
    group_reaches(pid_of(5), 1 << 5);
    int own = group_signals;
    group_reaches(getpgid(0), 1 << 6);
    expect(group_signals == own + 1, "a signal to the root's group reached the root %d times", group_signals - own);
    pid_t joined = pid_of(5);
    expect(setpgid(joined, pid_of(0)) == 0 && getpgid(joined) == pid_of(0) && setpgid(joined, joined) == 0, "a child can't be moved to another group and back");
}

TARGET(set_up, verify)
