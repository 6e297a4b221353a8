// Processes that share their whole memory but nothing else (CLONE_VM): what one writes, maps or unmaps, the other has; signal handlers and
// descriptors stay each one's own.
#include "shared_vm.h"

enum { PARENT, CHILD, SECOND, MEMBERS };
static volatile uint64_t written[2];
static char *volatile mapped[2];

static void act(int i)
{
    int me = i == PARENT ? 0 : 1;
    written[me] = mix(board->round);
    mapped[me] = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    *(uint64_t *)mapped[me] = mix(board->round + 1);
}

// What the other did one round ago.
static bool seen(int i)
{
    int other = i == PARENT ? 1 : 0;
    bool right = written[other] == mix(board->round - 1) && *(uint64_t *)mapped[other] == mix(board->round);
    munmap(mapped[other], PAGE);
    return right;
}

static void prove(int i)
{
    bool right = true;
    switch (board->phase) {
    case 1: if (i == PARENT) act(i); break;
    case 2: if (i == CHILD) right = seen(i); break;
    case 3: if (i == CHILD) act(i); break;
    case 4: if (i == PARENT) right = seen(i); break;
    case 6: if (i == SECOND) act(i); break;
    default: if (i == CHILD) right = seen(PARENT); // what the second did

    }
    if (!right)
        vm_fail(i, "phase %d: the memory of %d is not that of the others", board->phase, i);
}

static void set(int i UNUSED)
{
    vm_clone(CHILD, SIGCHLD, prove);
    vm_clone(SECOND, SIGCHLD, prove);
}

static void set_up(void)
{
    family_open();
    family_fork(PARENT, set, prove);
    family_await_all(MEMBERS);
}

static void verify(void)
{
    for (int other = CHILD; other < MEMBERS; other++) {
        expect(same_object(pid_of(PARENT), pid_of(other), KCMP_VM, 0, 0), "member %d no longer shares memory", other);
        expect(!same_object(pid_of(PARENT), pid_of(other), KCMP_FILES, 0, 0) && !same_object(pid_of(PARENT), pid_of(other), KCMP_FS, 0, 0)
            && !same_object(pid_of(PARENT), pid_of(other), KCMP_SIGHAND, 0, 0), "member %d shares more than memory", other);
        expect(stat_of(pid_of(other)).parent == pid_of(PARENT) && stat_of(pid_of(other)).threads == 1, "member %d is no child process", other);
    }
    expect(!same_object(board->root, pid_of(PARENT), KCMP_VM, 0, 0), "the root shares memory");
    for (int phase = 1; phase <= 4; phase++)
        family_ask(phase);
    family_ask(1);
    family_ask(2);
    family_ask(6);
    family_ask(7);
}

TARGET(set_up, verify)
