// A chain of processes, each the child of the one before: parents, children and pids are the same, and each still can wait for its own child.
#include "family.h"

enum { DEPTH = 20, BYTES = 64 * KIB };
static char *memory;

static void prove(int i)
{
    expect(getppid() == pid_of(i - 1), "member %d has parent %d, had %d", i, getppid(), pid_of(i - 1));
    expect(i == DEPTH - 1 || is_my_living_child(pid_of(i + 1)), "member %d can't wait for its child", i);
    expect(filled(memory, BYTES, i), "the memory of member %d changed", i);
    errno = 0;
    expect(i != DEPTH - 1 || (waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD), "the last member has a child");
}

static void set(int i)
{
    memory = must(mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    fill(memory, BYTES, i);
    if (i + 1 < DEPTH)
        family_fork(i + 1, set, prove);
}

static void set_up(void)
{
    family_open();
    family_fork(0, set, prove);
    family_await_all(DEPTH);
}

static void verify(void)
{
    expect(is_my_living_child(pid_of(0)), "the root can't wait for its child");
    expect(waitpid(pid_of(1), NULL, WNOHANG) == -1 && errno == ECHILD, "the root's grandchild became its child");
    family_verify();
}

TARGET(set_up, verify)
