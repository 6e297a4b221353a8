// A process without a subreaper above it in the tree: children that lose their parent go to the reaper outside, and never stay zombies of init.
#include "family.h"

static struct family_slot *told;

// The orphan tells who adopted it, and ends.
static void orphan(pid_t old_parent)
{
    expect(eventually(getppid() != old_parent), "the orphan keeps its dead parent");
    told->value[0] = getppid();
    told->value[1] = getsid(0);
    told->value[2] = getpgid(0);
    told->pid = getpid();
    _exit(0);
}

static void make_orphan(void)
{
    told = &board->slot[10];
    memset(told, 0, sizeof *told);
    pid_t between = must(fork());
    if (between == 0) {
        pid_t parent = getpid();
        if (must(fork()) == 0)
            orphan(parent);
        _exit(0);
    }
    must(waitpid(between, NULL, 0));
    expect(eventually(*(volatile pid_t *)&told->pid != 0), "the orphan of %d tells nothing", getpid());
    expect(told->value[0] != board->root && told->value[0] != getpid(), "the orphan was adopted by %ld of its own tree", (long)told->value[0]);
    expect(told->value[1] == getsid(0) && told->value[2] == getpgid(0), "the orphan's session or group changed");
    // Where the reaper is no init, it may leave the zombie.
    pid_t pid = told->pid;
    expect(eventually(stat_of(pid).state == 0 || (told->value[0] != 1 && stat_of(pid).state == 'Z')), "init does not reap the orphan");
    expect(waitpid(-1, NULL, WNOHANG) <= 0, "%d got the orphan", getpid());
}

static void prove(int i UNUSED) { make_orphan(); }

static void set_up(void)
{
    family_start(1, NULL, prove);
    make_orphan();
}

static void verify(void)
{
    family_verify();
    make_orphan();
}

TARGET(set_up, verify)
