// madvise and mlock flags of mappings: the VmFlags line of /proc/self/smaps is the same as before, for every region and flag that this kernel has.
#include "target.h"
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

static const int advice[] = { MADV_NORMAL, MADV_DONTFORK, MADV_DONTDUMP, MADV_WIPEONFORK, MADV_RANDOM, MADV_SEQUENTIAL, MADV_HUGEPAGE, MADV_NOHUGEPAGE, MADV_MERGEABLE };
enum { ADVICE = COUNT(advice), LOCKED = ADVICE, ONFAULT, NORESERVE, GROWSDOWN, SHARED, REGIONS };
static char *region[REGIONS], flags[REGIONS][256];

// Soft-dirty is the kernel's own bookkeeping.
static void read_flags(int i, char *text)
{
    vm_flags(region[i], text, 256);
    char *soft_dirty = strstr(text, " sd");
    if (soft_dirty)
        memmove(soft_dirty, soft_dirty + 3, strlen(soft_dirty + 3) + 1);
}

static char *region_with(int map_flags)
{
    // A gap on both sides keeps regions from merging.
    char *at = must(mmap(NULL, 48 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)) + 16 * PAGE;
    must(munmap(at - 16 * PAGE, 48 * PAGE));
    return must(mmap(at, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | map_flags, -1, 0));
}

static void set_up(void)
{
    for (int i = 0; i < ADVICE; i++) {
        region[i] = region_with(MAP_PRIVATE);
        if (madvise(region[i], 16 * PAGE, advice[i]) != 0 && errno != EINVAL)
            must(-1);
    }
    region[LOCKED] = region_with(MAP_PRIVATE);
    must(mlock(region[LOCKED], 16 * PAGE));
    region[ONFAULT] = region_with(MAP_PRIVATE);
    must(mlock2(region[ONFAULT], 16 * PAGE, MLOCK_ONFAULT));
    region[NORESERVE] = region_with(MAP_PRIVATE | MAP_NORESERVE);
    region[GROWSDOWN] = region_with(MAP_PRIVATE | MAP_GROWSDOWN);
    region[SHARED] = region_with(MAP_SHARED);
    must(madvise(region[SHARED], 16 * PAGE, MADV_DONTFORK));
    for (int i = 0; i < REGIONS; i++) {
        fill(region[i], 2 * PAGE, i);
        read_flags(i, flags[i]);
    }
}

static void verify(void)
{
    for (int i = 0; i < REGIONS; i++) {
        char now[256];
        read_flags(i, now);
        expect(strcmp(now, flags[i]) == 0, "region %d had VmFlags%s, has%s", i, flags[i], now);
        expect(filled(region[i], 2 * PAGE, i), "region %d changed", i);
    }
    unsigned char resident[16];
    must(mincore(region[ONFAULT], 16 * PAGE, resident));
    expect(!(resident[8] & 1), "memory locked on fault was populated");
}

TARGET(set_up, verify)
