// What prctl sets for one process, in each process of a tree: some of it a child inherits and some not, and either may be set otherwise since.
#include "family.h"
#include <sys/personality.h>

enum { MEMBERS = 4 };
struct flags { int dumpable, keep, no_new, slack, thp, reaper, personality; };
static struct flags mine;

static struct flags take(void)
{
    struct flags f = { .dumpable = prctl(PR_GET_DUMPABLE), .keep = prctl(PR_GET_KEEPCAPS), .no_new = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0),
        .slack = prctl(PR_GET_TIMERSLACK), .thp = prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0), .personality = personality(0xffffffff) };
    must(prctl(PR_GET_CHILD_SUBREAPER, &f.reaper));
    return f;
}

static void look(int i)
{
    struct flags now = take();
    expect(memcmp(&now, &mine, sizeof now) == 0, "process %d: dumpable %d keepcaps %d no_new_privs %d slack %d thp %d subreaper %d personality %x; had %d %d %d %d %d %d %x", i,
        now.dumpable, now.keep, now.no_new, now.slack, now.thp, now.reaper, now.personality,
        mine.dumpable, mine.keep, mine.no_new, mine.slack, mine.thp, mine.reaper, mine.personality);
    pid_t child = must(fork());
    if (child == 0) {
        struct flags born = take();
        _exit(born.slack != mine.slack ? 1 : born.thp != mine.thp ? 2 : born.reaper ? 3 : born.no_new != mine.no_new ? 4 : born.personality != mine.personality ? 5 : 0);
    }
    int status = 0;
    expect(waitpid(child, &status, 0) == child && status == 0, "a new child of process %d inherits otherwise: %x", i, status);
}

static void set(int i)
{
    must(prctl(PR_SET_TIMERSLACK, 60000 + 1000 * i, 0, 0, 0));
    if (i == 0)
        must(prctl(PR_SET_CHILD_SUBREAPER, 1));
    if (i == 1)
        must(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0));
    if (i == 2)
        must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    if (i == 3) {
        must(prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0)); // its parent's parent has it set
        must(personality(ADDR_NO_RANDOMIZE | SHORT_INODE));
    }
    mine = take();
    expect(mine.no_new == 1 || i != 2, "no_new_privs");
    if (i + 1 < MEMBERS)
        family_fork(i + 1, set, look);
}

static void set_up(void)
{
    family_open();
    mine = take();
    family_fork(0, set, look);
    family_await_all(MEMBERS);
}

static void verify(void)
{
    look(-1);
    family_verify();
}

TARGET(set_up, verify)
