// Memory that parents and children share copy-on-write, and how much of it is shared by the kernel's count.
#pragma once
#include "family.h"

enum { COW_PSS, COW_PRIVATE, COW_SHARED };

// Notes this process's proportional, private and shared bytes from smaps_rollup in its slot; the root's are in slot `index` too.
static UNUSED void cow_count(int index)
{
    static char text[4096];
    long pss = 0, private_dirty = 0, shared_dirty = 0;
    slurp("/proc/self/smaps_rollup", text, sizeof text);
    for (char *line = text; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
        sscanf(line, "Pss: %ld", &pss);
        sscanf(line, "Private_Dirty: %ld", &private_dirty);
        sscanf(line, "Shared_Dirty: %ld", &shared_dirty);
    }
    board->slot[index].value[COW_PSS] = pss;
    board->slot[index].value[COW_PRIVATE] = private_dirty;
    board->slot[index].value[COW_SHARED] = shared_dirty;
}

static int64_t cow_before[3];

static void cow_sum(int slots, int64_t sum[3])
{
    for (int v = 0; v < 3; v++) {
        sum[v] = 0;
        for (int i = 0; i < slots; i++)
            sum[v] += value_of(i, v);
    }
}

static UNUSED void cow_remember(int slots) { cow_sum(slots, cow_before); }

// The tree as a whole takes as much memory as at first, within 10 %.
static UNUSED void cow_compare(int slots)
{
    static const char *const names[] = { "Pss", "Private_Dirty", "Shared_Dirty" };
    int64_t now[3];
    cow_sum(slots, now);
    for (int v = 0; v < 3; v++)
        expect(now[v] * 10 <= cow_before[v] * 11 && now[v] * 10 >= cow_before[v] * 9, "the sum of %s was %ld kB, is %ld kB", names[v], (long)cow_before[v], (long)now[v]);
}
