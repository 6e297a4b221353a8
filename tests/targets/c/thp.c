// Transparent huge pages: a region with MADV_HUGEPAGE, partly split, keeps its bytes and its advice.
#include "target.h"

static char *memory;
static char flags[256];

static void set_up(void)
{
    char *raw = must(mmap(NULL, 10 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    memory = (char *)(((uintptr_t)raw + 2 * MIB - 1) & ~(2 * MIB - 1));
    if (madvise(memory, 8 * MIB, MADV_HUGEPAGE) != 0)
        skip("this kernel has no transparent huge pages");
    fill(memory, 6 * MIB, 51);
    must(madvise(memory + 2 * MIB + 5 * PAGE, 3 * PAGE, MADV_DONTNEED));
    must(mprotect(memory + 4 * MIB + PAGE, PAGE, PROT_READ));
    vm_flags(memory, flags, sizeof flags);
}

static void verify(void)
{
    char now[256];
    vm_flags(memory, now, sizeof now);
    expect(strstr(flags, " hg") && strstr(now, " hg"), "VmFlags were%s, are%s", flags, now);
    expect(filled(memory, 2 * MIB + 5 * PAGE, 51), "the first part changed");
    expect(zeroed(memory + 2 * MIB + 5 * PAGE, 3 * PAGE), "dropped pages have bytes");
    expect(filled(memory + 2 * MIB + 8 * PAGE, 4 * MIB - 8 * PAGE, 51 + (2 * MIB + 8 * PAGE) / 8), "the last part changed");
}

TARGET(set_up, verify)
