// Two hundred children of one process, under their own pids. Afterwards the parent still reaps one and makes new ones.
#include "family.h"

enum { CHILDREN = 200 };
static char *memory;

static void set(int i)
{
    memory = must(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    fill(memory, PAGE, i);
}

static void prove(int i)
{
    if (board->phase == 1) {
        if (i == CHILDREN - 1)
            _exit(77);
        return;
    }
    expect(getppid() == board->root, "child %d has parent %d", i, getppid());
    expect(filled(memory, PAGE, i), "the memory of child %d changed", i);
}

static void set_up(void) { family_start(CHILDREN, set, prove); }

static void verify(void)
{
    for (int i = 0; i < CHILDREN; i++)
        expect(is_my_living_child(pid_of(i)), "the root can't wait for child %d", i);
    family_verify();
    pid_t last = pid_of(CHILDREN - 1);
    board->slot[CHILDREN - 1].pid = 0; // it won't answer
    family_ask(1);
    int status = 0;
    expect(waitpid(-1, &status, 0) == last && WIFEXITED(status) && WEXITSTATUS(status) == 77, "the child that ended gives %x", status);
    family_fork(CHILDREN - 1, set, prove);
    family_await(CHILDREN - 1);
}

TARGET(set_up, verify)
