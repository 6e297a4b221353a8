// Guard regions (MADV_GUARD_INSTALL): pages that fault stay guarded, their neighbours keep their bytes, and a guard can be taken away.
#include "target.h"
#define GUARD_INSTALL 102
#define GUARD_REMOVE 103

static char *memory;
static int ends[2];

static bool readable(char *page)
{
    char drain;
    bool can = write(ends[1], page, 1) == 1;
    expect(can || errno == EFAULT, "probing a page: %s", strerror(errno));
    if (can)
        must(read(ends[0], &drain, 1));
    return can;
}

static void set_up(void)
{
    must(pipe(ends));
    memory = must(mmap(NULL, 64 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    fill(memory, 32 * PAGE, 41);
    if (madvise(memory + 8 * PAGE, 2 * PAGE, GUARD_INSTALL) != 0)
        skip("this kernel has no MADV_GUARD_INSTALL");
    must(madvise(memory, PAGE, GUARD_INSTALL));
    must(madvise(memory + 60 * PAGE, 4 * PAGE, GUARD_INSTALL));
}

static void verify(void)
{
    for (int page = 0; page < 64; page++) {
        bool guarded = page == 0 || page == 8 || page == 9 || page >= 60;
        expect(readable(memory + page * PAGE) == !guarded, "page %d is %sguarded", page, guarded ? "not " : "");
        if (!guarded)
            expect(page < 32 ? filled(memory + page * PAGE, PAGE, 41 + page * PAGE / 8) : zeroed(memory + page * PAGE, PAGE), "page %d changed", page);
    }
    must(madvise(memory + 61 * PAGE, PAGE, GUARD_REMOVE));
    expect(readable(memory + 61 * PAGE), "a guard can't be removed");
    must(madvise(memory + 61 * PAGE, PAGE, GUARD_INSTALL));
}

TARGET(set_up, verify)
