// Memory that a parent and its children share copy-on-write: contents as each one's writes made them, private to each, and still shared: the sums
// of Pss, private and shared memory are within 10 % of what they were.
#include "cow.h"

// Of the root's memory each child has rewritten its own tenth, and the root a tenth after the last fork.
enum { CHILDREN = 4, ROOT = CHILDREN, TENTHS = 10 };
#define TENTH (3 * MIB)
static char *memory;
static int marks;

static char *tenth(int i) { return memory + i * TENTH; }

static void look(int i)
{
    for (int t = 0; t < TENTHS; t++) {
        // The last page of the last tenth is where everyone leaves marks.
        size_t size = t == TENTHS - 1 ? TENTH - PAGE : TENTH;
        expect(filled(tenth(t), size, t == i ? 1000 + t : t), "tenth %d of process %d changed", t, i);
    }
    uint64_t *mark = (uint64_t *)(tenth(TENTHS) - PAGE);
    expect(*mark == (uint64_t)(marks ? i * 1000 + marks : 5), "the mark of process %d is another's", i);
    *mark = (uint64_t)(i * 1000 + ++marks);
}

static void prove(int i)
{
    if (board->phase == 0)
        look(i);
    else
        cow_count(i);
}

static void set(int i) { fill(tenth(i), TENTH, 1000 + i); }

static void count(void)
{
    family_ask(1);
    cow_count(ROOT);
}

static void set_up(void)
{
    family_open();
    memory = must(mmap(NULL, TENTHS * TENTH, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    madvise(memory, TENTHS * TENTH, MADV_NOHUGEPAGE);
    for (int t = 0; t < TENTHS; t++)
        fill(tenth(t), TENTH, t);
    *(uint64_t *)(tenth(TENTHS) - PAGE) = 5;
    for (int i = 0; i < CHILDREN; i++)
        family_fork(i, set, prove);
    family_await_all(CHILDREN);
    fill(tenth(ROOT), TENTH, 1000 + ROOT);
    count();
    cow_remember(CHILDREN + 1);
}

static void verify(void)
{
    count();
    cow_compare(CHILDREN + 1);
    look(ROOT);
    family_verify();
}

TARGET(set_up, verify)
