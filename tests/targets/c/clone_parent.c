// Children made with CLONE_PARENT: siblings of the one that made them, but in its session and group, and with its memory shared copy-on-write.
#include "sessions.h"

// 0 leads a session and makes 1 and 2 so; 2 makes 3 so. 4 leads a group and makes 5 so, and ends. The root is the parent of all.
enum { MEMBERS = 6 };
static int secret;

static void prove(int i)
{
    place_prove(i);
    expect(getppid() == board->root, "member %d has parent %d", i, getppid());
    expect(secret == (i < 4 ? 100 : 104), "member %d has another's memory", i);
    expect(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD, "member %d has a child", i);
}

static void set(int i)
{
    if (i == 0 || i == 4)
        secret = 100 + i;
    if (i == 0)
        must(setsid());
    if (i == 2 || i == 4)
        must(setpgid(0, 0));
    place_note(i);
    if (i == 0)
        family_clone(1, CLONE_PARENT | SIGCHLD, set, prove);
    if (i == 0 || i == 2 || i == 4)
        family_clone(i == 0 ? 2 : i + 1, CLONE_PARENT | SIGCHLD, set, prove);
    if (i == 4)
        _exit(0);
}

static void set_up(void)
{
    family_open();
    family_fork(0, set, prove);
    pid_t dead = family_fork(4, set, prove);
    must(waitpid(dead, NULL, 0));
    board->slot[4].pid = 0;
    board->slot[4].ready = 1;
    family_await_all(MEMBERS);
    place_expect(1, pid_of(0), pid_of(0));
    place_expect(2, pid_of(2), pid_of(0));
    place_expect(3, pid_of(2), pid_of(0));
    place_expect(5, dead, getsid(0));
}

static void verify(void)
{
    for (int i = 0; i < MEMBERS; i++)
        expect(i == 4 || is_my_living_child(pid_of(i)), "the root can't wait for member %d", i);
    family_verify();
}

TARGET(set_up, verify)
