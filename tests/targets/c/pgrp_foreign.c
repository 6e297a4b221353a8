// Groups that a process could only join: a child in its sibling's, a parent in its own child's, a nephew in its uncle's.
#include "sessions.h"

// 0 leads a group; 1, its sibling, is in it; 2 is in the group of its own child 3; 5, a child of 4, is in the group of 0.
enum { MEMBERS = 6 };

static void prove(int i)
{
    place_prove(i);
    group_count(i);
}

static void set(int i)
{
    group_listen();
    if (i == 0 || i == 3)
        must(setpgid(0, 0));
    if (i == 1 || i == 5)
        must(setpgid(0, pid_of(0)));
    if (i == 2 || i == 4) {
        family_fork(i + 1, set, prove);
        family_await(i + 1);
    }
    if (i == 2)
        must(setpgid(0, pid_of(3)));
    place_note(i);
}

static void set_up(void)
{
    family_open();
    for (int i = 0; i < 5; i++)
        if (i != 3) {
            family_fork(i, set, prove);
            family_await(i);
        }
    family_await_all(MEMBERS);
    place_expect(1, pid_of(0), getsid(0));
    place_expect(2, pid_of(3), getsid(0));
    place_expect(5, pid_of(0), getsid(0));
}

static void verify(void)
{
    family_verify();
    group_reaches(pid_of(0), 1 << 0 | 1 << 1 | 1 << 5);
    group_reaches(pid_of(3), 1 << 2 | 1 << 3);
}

TARGET(set_up, verify)
