// Every combination of protections: pages that may not be read keep bytes too, and code in anonymous memory runs.
#include "target.h"

static char *memory[8];
static const unsigned char code[] = { 0xb8, 0x2a, 0, 0, 0, 0xc3 }; // mov eax, 42; ret

static void permissions(void *at, char *text)
{
    char line[1024];
    FILE *maps = fopen("/proc/self/maps", "re");
    while (maps && fgets(line, sizeof line, maps)) {
        unsigned long from, to;
        char found[5];
        if (sscanf(line, "%lx-%lx %4s", &from, &to, found) == 3 && from <= (uintptr_t)at && (uintptr_t)at < to)
            strcpy(text, found);
    }
    if (maps)
        fclose(maps);
}

static void set_up(void)
{
    for (int p = 0; p < 8; p++) {
        memory[p] = must(mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        fill(memory[p], 2 * PAGE, p);
        memcpy(memory[p] + PAGE, code, sizeof code);
        must(mprotect(memory[p], 3 * PAGE, p));
    }
}

static void verify(void)
{
    for (int p = 0; p < 8; p++) {
        char wanted[5] = "---p", found[5] = "";
        wanted[0] = p & PROT_READ ? 'r' : '-', wanted[1] = p & PROT_WRITE ? 'w' : '-', wanted[2] = p & PROT_EXEC ? 'x' : '-';
        permissions(memory[p], found);
        expect(strcmp(wanted, found) == 0, "the protection of %s is %s", wanted, found);
        if ((p & PROT_EXEC) && (p & PROT_READ))
            expect(((int (*)(void))(uintptr_t)(memory[p] + PAGE))() == 42, "code with protection %d gives another answer", p);
        must(mprotect(memory[p], 3 * PAGE, PROT_READ));
        expect(filled(memory[p], PAGE, p) && memcmp(memory[p] + PAGE, code, sizeof code) == 0 && zeroed(memory[p] + 2 * PAGE, PAGE), "memory with protection %d changed", p);
        must(mprotect(memory[p], 3 * PAGE, p));
    }
}

TARGET(set_up, verify)
