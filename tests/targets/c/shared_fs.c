// Processes that share their working directory and umask (CLONE_FS), and others of the same tree that have their own.
#include "family.h"

// 0 shares with the root, 1 shares with 0 and thus with the root, 2 has its own, 3 shares 2's.
enum { MEMBERS = 4 };

static bool shares(int one, int other) { return (one < 2) == (other < 2); }

static mode_t mask_now(void)
{
    mode_t mask = umask(0);
    umask(mask);
    return mask;
}

static const char *directory(int group, bool moved)
{
    return target_path(group < 2 ? moved ? "one-moved" : "one" : moved ? "two-moved" : "two");
}

static void move(int i, bool moved)
{
    must(chdir(directory(i, moved)));
    umask((i < 2 ? 011 : 022) + (moved ? 040 : 0));
}

static void look(int i, bool moved)
{
    char now[PATH_MAX];
    must(getcwd(now, sizeof now) ? 0 : -1);
    expect(strcmp(now, directory(i, moved)) == 0, "process %d works in %s", i, now);
    expect(mask_now() == (mode_t)((i < 2 ? 011 : 022) + (moved ? 040 : 0)), "process %d has umask %o", i, mask_now());
}

static void prove(int i)
{
    int phase = board->phase;
    if (phase / 10 == 1 && phase % 10 == i)
        move(i, true);
    if (phase / 100 == 1 && phase % 10 == i)
        look(i, shares(phase / 10 % 10, i));
    if (phase / 100 == 2 && phase % 10 == i)
        look(i, false);
}

static void set(int i)
{
    if (i == 2)
        move(2, false);
    if (i == 0 || i == 2)
        family_clone(i + 1, CLONE_FS | SIGCHLD, NULL, prove);
}

static void set_up(void)
{
    family_open();
    for (int i = 0; i < 4; i++)
        must(mkdir(directory(i & 2, i & 1), 0700));
    family_clone(0, CLONE_FS | SIGCHLD, set, prove);
    family_fork(2, set, prove);
    family_await_all(MEMBERS);
    move(-1, false);
}

static void verify(void)
{
    for (int one = -1; one < MEMBERS; one++)
        for (int other = one + 1; other < MEMBERS; other++)
            expect(same_object(pid_of(one), pid_of(other), KCMP_FS, 0, 0) == shares(one, other), "the fs of %d and %d", one, other);
    look(-1, false);
    for (int i = 0; i < MEMBERS; i++)
        family_ask(200 + i);
    for (int mover = 0; mover < 2; mover++) {
        family_ask(10 + mover);
        for (int i = 0; i < MEMBERS; i++)
            family_ask(100 + 10 * mover + i);
        look(-1, true);
        move(-1, false);
    }
}

TARGET(set_up, verify)
