// Shared anonymous memory, mapped once, and mapped twice by mremap's trick: bytes stay and both views stay one memory.
#include "target.h"

static char *one, *view, *alias, *gone;
static int round_;

static void set_up(void)
{
    one = must(mmap(NULL, 4 * MIB, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    fill(one + MIB, MIB, 31);
    view = must(mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    fill(view, 8 * PAGE, 32);
    alias = must(mremap(view, 0, 8 * PAGE, MREMAP_MAYMOVE)); // old size 0: a second mapping of the same pages
    gone = must(mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    fill(gone, 16 * PAGE, 33);
    must(munmap(gone + 4 * PAGE, 4 * PAGE)); // two pieces of one object
}

static void verify(void)
{
    expect(zeroed(one, MIB) && filled(one + MIB, MIB, 31) && zeroed(one + 2 * MIB, 2 * MIB), "shared memory changed");
    expect(filled(view, 8 * PAGE, 32 + round_), "the doubly mapped memory changed");
    fill(view, 8 * PAGE, 32 + ++round_);
    expect(memcmp(view, alias, 8 * PAGE) == 0, "the two views are no longer one memory");
    expect(filled(gone, 4 * PAGE, 33) && filled(gone + 8 * PAGE, 8 * PAGE, 33 + PAGE), "the pieces around a hole changed");
}

TARGET(set_up, verify)
