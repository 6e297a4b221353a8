// Sessions: leaders below leaders, and children born before their parent became a leader, whose session is an older one than their parent's.
#include "sessions.h"

// root 0 A(leader) -> 1 (in A) -> 2 C(leader) -> 3 (in C) -> 4 own group in C
// root -> 5 leader since -> 6 born before: session of the root; 7 born after: session of 5
// root -> 8 leader since -> 9 born before, leader itself -> 10 in 9's
enum { MEMBERS = 11 };

static void prove(int i) { place_prove(i); }

static void set(int i)
{
    if (i == 5)
        family_fork(6, set, prove), family_await(6);
    if (i == 8)
        family_fork(9, set, prove), family_await(9);
    if (i == 0 || i == 2 || i == 5 || i == 8 || i == 9)
        must(setsid());
    if (i == 4)
        must(setpgid(0, 0));
    place_note(i);
    if (i < 4 || i == 9)
        family_fork(i + 1, set, prove);
    if (i == 5)
        family_fork(7, set, prove);
}

static void set_up(void)
{
    family_open();
    family_fork(0, set, prove);
    family_fork(5, set, prove);
    family_fork(8, set, prove);
    family_await_all(MEMBERS);
    pid_t root = getsid(0), group = getpgid(0);
    place_expect(0, pid_of(0), pid_of(0));
    place_expect(1, pid_of(0), pid_of(0));
    place_expect(3, pid_of(2), pid_of(2));
    place_expect(4, pid_of(4), pid_of(2));
    place_expect(6, group, root);
    place_expect(7, pid_of(5), pid_of(5));
    place_expect(10, pid_of(9), pid_of(9));
}

static void verify(void)
{
    family_verify();
    for (int i = 0; i < MEMBERS; i++)
        expect(getsid(pid_of(i)) == value_of(i, 7) && getpgid(pid_of(i)) == value_of(i, 6), "member %d is in another session or group, says the root", i);
}

TARGET(set_up, verify)
