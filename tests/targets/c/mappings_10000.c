// Ten thousand mappings: every one stays, with its protection and bytes.
#include "target.h"

enum { MAPPINGS = 10000 };
static char *base;

static size_t mappings(void)
{
    char line[1024];
    size_t count = 0;
    FILE *maps = fopen("/proc/self/maps", "re");
    while (maps && fgets(line, sizeof line, maps)) {
        unsigned long from;
        count += sscanf(line, "%lx-", &from) == 1 && from >= (uintptr_t)base && from < (uintptr_t)base + MAPPINGS * PAGE;
    }
    if (maps)
        fclose(maps);
    return count;
}

static void set_up(void)
{
    base = must(mmap(NULL, MAPPINGS * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    for (int i = 0; i < MAPPINGS; i++) {
        *(int *)(base + i * PAGE) = i + 1;
        if (i % 2)
            must(mprotect(base + i * PAGE, PAGE, i % 4 == 1 ? PROT_READ : PROT_READ | PROT_EXEC));
    }
    expect(mappings() == MAPPINGS, "%zu mappings were made", mappings());
}

static void verify(void)
{
    expect(mappings() == MAPPINGS, "%zu mappings are left", mappings());
    for (int i = 0; i < MAPPINGS; i++)
        expect(*(int *)(base + i * PAGE) == i + 1, "mapping %d changed", i);
}

TARGET(set_up, verify)
