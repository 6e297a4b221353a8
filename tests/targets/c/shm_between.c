// Shared anonymous memory between parent, child and grandchild, each with its own views: partial, moved, read-only, unmapped in the middle. It is one
// memory: what one writes, the others see, also where the writer has no view any more of the neighbour.
#include "family.h"

enum { PAGES = 64, MEMBERS = 3 };
static char *memory, *moved, *grandchilds;

static uint64_t *word(char *view, int page) { return (uint64_t *)(view + page * PAGE); }

static uint64_t mark(int writer, uint64_t round, int page) { return mix(writer * 1000000 + round * 1000 + page); }

// Where process i sees this page of the shared memory; NULL where it doesn't.
static uint64_t *view(int i, int page)
{
    if (i == 0 && page < PAGES / 2) // the first half moved away
        return word(moved, page);
    if (i == 1 && page >= 16 && page < 24) // a hole
        return NULL;
    return word(memory, page);
}

static bool writable(int i, int page) { return view(i, page) && !(i == 2 && page >= 48); }

static bool is_mapped(char *address)
{
    unsigned char state;
    return mincore(address, PAGE, &state) == 0;
}

static int writer_of(int page) { return page % (MEMBERS + 1) - 1; }

static void write_pages(int i, uint64_t round)
{
    for (int page = 0; page < PAGES; page++)
        if (writer_of(page) == i && writable(i, page))
            *view(i, page) = mark(i, round, page);
}

static void look(int i, uint64_t round)
{
    for (int page = 0; page < PAGES; page++) {
        int writer = writer_of(page);
        if (view(i, page) && writable(writer, page))
            expect(*view(i, page) == mark(writer, round, page), "process %d does not see page %d of process %d", i, page, writer);
        else if (view(i, page))
            expect(*view(i, page) == (uint64_t)page, "page %d changed for process %d", page, i);
    }
    expect(i != 0 || !is_mapped(memory), "the place from where a view moved is filled");
    expect(i != 1 || (!is_mapped(memory + 16 * PAGE) && !is_mapped(memory + 23 * PAGE)), "the hole is filled");
    if (i >= 1) // 1 and 2 have one of their own, too
        expect(*word(grandchilds, 3) == mark(1, round, 999), "the memory of members 1 and 2 is not one, for %d", i);
}

static void prove(int i)
{
    uint64_t round = (uint64_t)value_of(100, 0);
    if (board->phase == 0)
        look(i, round);
    if (board->phase == 1)
        write_pages(i, round);
    if (board->phase == 1 && i == 1)
        *word(grandchilds, 3) = mark(1, round, 999);
}

// 0 and 1 are the root's children, 2 is a child of 1.
static void set(int i)
{
    if (i == 0)
        moved = must(mremap(memory, PAGES / 2 * PAGE, PAGES / 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, memory + 2 * PAGES * PAGE));
    if (i == 1) {
        grandchilds = must(mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
        family_fork(2, set, prove);
        family_await(2);
        must(munmap(memory + 16 * PAGE, 8 * PAGE));
    }
    if (i == 2)
        must(mprotect(memory + 48 * PAGE, 16 * PAGE, PROT_READ));
}

static void next_round(void)
{
    board->slot[100].value[0]++;
    write_pages(-1, (uint64_t)value_of(100, 0));
    family_ask(1);
}

static void set_up(void)
{
    family_open();
    char *room = must(mmap(NULL, 4 * PAGES * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
    memory = must(mmap(room, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
    for (int page = 0; page < PAGES; page++)
        *word(memory, page) = (uint64_t)page;
    family_fork(0, set, prove);
    family_fork(1, set, prove);
    family_await_all(MEMBERS);
    next_round();
}

static void verify(void)
{
    look(-1, (uint64_t)value_of(100, 0));
    family_ask(0);
    next_round();
    look(-1, (uint64_t)value_of(100, 0));
    family_ask(0);
}

TARGET(set_up, verify)
