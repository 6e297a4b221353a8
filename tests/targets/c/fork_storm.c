// Processes that are never the same: lines of which each process makes its successor and ends, and a crowd that renews itself, bounded. The tree has
// changed whenever one looks, and goes on.
#include "family.h"

enum { LINES = 3, CROWD = LINES, SEATS = 20 };
static volatile int64_t *generation(int line) { return &board->slot[line].value[0]; }
static int64_t *seats(void) { return (int64_t *)&board->slot[CROWD].value[1]; }

static bool over(void)
{
    char root = shared_load(board->ended) ? 0 : stat_of(board->root).state;
    return root == 0 || root == 'Z';
}

// The process that the caller becomes is the first of its line.
static _Noreturn void line(int index)
{
    for (int64_t mine = 1;; mine++) {
        if (over())
            _exit(0);
        expect(*generation(index) == mine - 1, "line %d is at %ld, not %ld", index, (long)*generation(index), (long)mine - 1);
        *generation(index) = mine;
        sleep_ms(4);
        if (must(fork()) > 0)
            _exit(0);
    }
}

// Each makes up to two others while there are seats, and ends.
static _Noreturn void crowd(void)
{
    for (;;) {
        bool child = false;
        sleep_ms(20);
        __atomic_add_fetch((int64_t *)generation(CROWD), 1, __ATOMIC_SEQ_CST);
        for (int n = 0; n < 2 && !child && !over(); n++) {
            if (__atomic_add_fetch(seats(), 1, __ATOMIC_SEQ_CST) > SEATS)
                __atomic_sub_fetch(seats(), 1, __ATOMIC_SEQ_CST);
            else
                child = must(fork()) == 0;
        }
        if (!child) {
            __atomic_sub_fetch(seats(), 1, __ATOMIC_SEQ_CST);
            _exit(0);
        }
    }
}

static void set_up(void)
{
    family_open();
    must(prctl(PR_SET_CHILD_SUBREAPER, 1));
    signal(SIGCHLD, SIG_IGN); // nobody has to be reaped
    for (int i = 0; i < LINES; i++)
        if (must(fork()) == 0)
            line(i);
    *seats() = 1;
    if (must(fork()) == 0)
        crowd();
    for (int i = 0; i <= CROWD; i++)
        expect(eventually(*generation(i) > 3), "line %d does not start", i);
}

static void verify(void)
{
    for (int i = 0; i <= CROWD; i++) {
        int64_t now = *generation(i);
        expect(eventually(*generation(i) > now + 3), "line %d has ended at %ld", i, (long)now);
    }
    int64_t taken = *seats();
    expect(taken >= 0 && taken <= SEATS + 20, "%ld seats are taken", (long)taken);
}

TARGET(set_up, verify)
