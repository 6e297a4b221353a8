// Orphans below a subreaper inside the tree (PR_SET_CHILD_SUBREAPER): they are its children, and those that lose their parent later become so too,
// wherever below it they are born.
#include "family.h"

enum { REAPER, ORPHANS = 1, KEPT = 3, MEMBERS = ORPHANS + KEPT, MAKE = 100, REAP = 200 };
static pid_t adopter;

static bool subreaper(void)
{
    int on = -1;
    must(prctl(PR_GET_CHILD_SUBREAPER, &on));
    return on != 0;
}

static bool adopted(void) { return eventually(getppid() == adopter); }

// A child that makes a child of its own and ends. The grandchild is adopted by the reaper, tells so by its status, and ends.
static pid_t make_orphan(void)
{
    int told[2];
    pid_t orphan;
    must(pipe(told));
    pid_t between = must(fork());
    if (between == 0) {
        orphan = must(fork());
        if (orphan == 0)
            _exit(adopted() ? 5 : 6);
        _exit(write(told[1], &orphan, sizeof orphan) == sizeof orphan ? 0 : 1);
    }
    int status = 0;
    expect(read(told[0], &orphan, sizeof orphan) == sizeof orphan, "the orphan was not made");
    expect(waitpid(between, &status, 0) == between && status == 0, "the process between gives %x", status);
    close(told[0]);
    close(told[1]);
    return orphan;
}

static void prove(int i)
{
    expect(getppid() == (i == REAPER ? board->root : adopter), "member %d has parent %d", i, getppid());
    expect(subreaper() == (i == REAPER), "member %d is %s", i, i == REAPER ? "no subreaper" : "a subreaper");
    if (i == REAPER && board->phase == 1)
        for (int m = ORPHANS; m < MEMBERS; m++)
            expect(is_my_living_child(pid_of(m)), "the reaper can't wait for orphan %d", m);
    if (board->phase == MAKE + i)
        board->slot[i].value[0] = make_orphan();
    if (i == REAPER && board->phase >= REAP) {
        int status = 0;
        pid_t orphan = (pid_t)value_of(board->phase - REAP, 0);
        expect(waitpid(orphan, &status, 0) == orphan && WEXITSTATUS(status) == 5, "the new orphan %d of member %d gives %x", orphan, board->phase - REAP, status);
    }
}

static void set_orphan(int i UNUSED) { expect(adopted(), "the orphan was adopted by %d", getppid()); }

static void set_reaper(int i UNUSED)
{
    adopter = getpid();
    must(prctl(PR_SET_CHILD_SUBREAPER, 1));
    for (int m = ORPHANS; m < MEMBERS; m++)
        family_expect(m);
    pid_t between = must(fork());
    if (between == 0) {
        for (int m = ORPHANS; m < MEMBERS; m++)
            if (must(fork()) == 0)
                family_member(m, set_orphan, prove);
        _exit(0);
    }
    must(waitpid(between, NULL, 0));
}

static void set_up(void)
{
    family_open();
    family_fork(REAPER, set_reaper, prove);
    family_await_all(MEMBERS);
}

static void verify(void)
{
    expect(!subreaper(), "the root became a subreaper");
    family_ask(1);
    for (int m = REAPER; m < MEMBERS; m++) {
        family_ask(MAKE + m);
        family_ask(REAP + m);
    }
}

TARGET(set_up, verify)
