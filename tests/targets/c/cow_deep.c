// Copy-on-write memory over six generations, of which one is gone: each changed a slice, moved one, replaced one, unmapped one, made one read-only.
// Contents are each one's own, and what was shared stays shared (the tree's Pss within 10 %).
#include "cow.h"

enum { DEPTH = 6, GONE = 2, ROOT = DEPTH };
#define SLICE (1 * MIB)
enum { CHANGED, MOVED = DEPTH, REPLACED, HOLE, LOCKED, KEPT, SLICES = KEPT + 12 };
static char *memory, *moved, *replaced;
static uint64_t last_mark;

static char *slice(int s) { return memory + s * SLICE; }
static void prove(int i);

static void set(int i)
{
    if (i == GONE + 1)
        expect(eventually(getppid() == board->root), "the orphan has parent %d", getppid());
    fill(slice(CHANGED + i), SLICE, 100 * i + 3);
    if (i == 1)
        moved = must(mremap(slice(MOVED), SLICE, SLICE, MREMAP_MAYMOVE | MREMAP_FIXED, memory + (SLICES + 4) * SLICE));
    if (i == 1) {
        replaced = must(mmap(slice(REPLACED), SLICE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
        fill(replaced, SLICE, 77);
    }
    if (i == 3)
        must(munmap(slice(HOLE), SLICE));
    if (i == 4)
        must(mprotect(slice(LOCKED), SLICE, PROT_READ));
    if (i + 1 < DEPTH) {
        pid_t child = family_fork(i + 1, set, prove);
        if (i == GONE)
            _exit(0);
        if (i + 1 == GONE) {
            must(waitpid(child, NULL, 0));
            board->slot[GONE].pid = 0;
            board->slot[GONE].ready = 1;
        }
        family_await(i + 1);
    }
    *(uint64_t *)slice(KEPT) = last_mark = mix(i);
}

static bool is_mapped(void *address)
{
    unsigned char state[SLICE / PAGE];
    return mincore(address, SLICE, state) == 0;
}

static void look(int i)
{
    bool root = i == ROOT;
    for (int s = 0; s < SLICES; s++)
        if (s < DEPTH)
            expect(filled(slice(s), SLICE, !root && s <= i ? 100 * s + 3 : 1000 + s), "slice %d of generation %d changed", s, i);
        else if (s == MOVED && !root && i >= 1)
            expect(filled(moved, SLICE, 1000 + s) && !is_mapped(slice(s)), "the moved slice of generation %d changed", i);
        else if (s == REPLACED && !root && i >= 1)
            expect(filled(slice(s), SLICE, 77), "the replaced slice of generation %d changed", i);
        else if (s == HOLE && !root && i >= 3)
            expect(!is_mapped(slice(s)), "the hole of generation %d is filled", i);
        else
            expect(filled(slice(s) + (s == KEPT ? 8 : 0), SLICE - 8, 1000 + s + (s == KEPT)), "slice %d of generation %d changed", s, i);
    expect(*(uint64_t *)slice(KEPT) == last_mark, "generation %d has another's mark", i);
    *(uint64_t *)slice(KEPT) = last_mark = mix(last_mark);
    if (!root && i >= 4) {
        int ends[2];
        must(pipe(ends));
        must(write(ends[1], "x", 1));
        expect(read(ends[0], slice(LOCKED), 1) == -1 && errno == EFAULT, "generation %d may write to its read-only slice", i);
        close(ends[0]);
        close(ends[1]);
    }
}

static void prove(int i)
{
    if (board->phase == 0)
        look(i);
    else if (board->phase == 1)
        cow_count(i);
}

static void count(void)
{
    family_ask(1);
    cow_count(ROOT);
}

static void set_up(void)
{
    family_open();
    // One reservation, so that nothing else gets into the gaps.
    memory = must(mmap(NULL, (SLICES + 6) * SLICE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
    must(mprotect(memory, SLICES * SLICE, PROT_READ | PROT_WRITE));
    madvise(memory, SLICES * SLICE, MADV_NOHUGEPAGE);
    for (int s = 0; s < SLICES; s++)
        fill(slice(s), SLICE, 1000 + s);
    *(uint64_t *)slice(KEPT) = last_mark = 4;
    must(prctl(PR_SET_CHILD_SUBREAPER, 1));
    family_fork(0, set, prove);
    family_await_all(DEPTH);
    count();
    cow_remember(DEPTH + 1);
}

static void verify(void)
{
    count();
    cow_compare(DEPTH + 1);
    look(ROOT);
    family_verify();
}

TARGET(set_up, verify)
