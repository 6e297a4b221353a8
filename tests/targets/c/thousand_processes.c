// A tree of a thousand processes: forty heads with twenty-four children each, with memory of their own.
#include "family.h"
#include <sys/resource.h>

enum { HEADS = 40, EACH = 24, MEMBERS = HEADS * (EACH + 1) };
static char *memory;

static void prove(int i)
{
    int head = i / (EACH + 1) * (EACH + 1);
    expect(getppid() == (i == head ? board->root : pid_of(head)), "member %d has parent %d", i, getppid());
    expect(getpgid(0) == value_of(head, 0), "member %d is in group %d", i, getpgid(0));
    expect(filled(memory, PAGE, i) && filled(memory + PAGE, PAGE, head), "the memory of member %d changed", i);
}

static void set(int i)
{
    fill(memory, PAGE, i);
    if (i % (EACH + 1) != 0)
        return;
    fill(memory + PAGE, PAGE, i);
    if (i % 2)
        must(setpgid(0, 0));
    board->slot[i].value[0] = getpgid(0);
    for (int child = i + 1; child <= i + EACH; child++)
        family_fork(child, set, prove);
}

static void set_up(void)
{
    struct rlimit processes;
    must(getrlimit(RLIMIT_NPROC, &processes));
    if (processes.rlim_cur < 3 * MEMBERS)
        skip("fewer than 3000 processes are allowed");
    memory = must(mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    family_open();
    for (int head = 0; head < HEADS; head++) {
        int first = head * (EACH + 1);
        family_fork(first, set, prove);
        for (int i = first; i <= first + EACH && !target_failure[0]; i++)
            expect(eventually(board->slot[i].pid && shared_load(board->slot[i].ready)), "member %d did not set up", i);
    }
    family_await_all(MEMBERS);
}

TARGET(set_up, family_verify)
