// The program break: its exact value, the heap's bytes, and growing and shrinking it afterwards.
#include "target.h"

static char *start, *expected;

static char *break_at(void *address) { return (char *)syscall(SYS_brk, address); }

static void set_up(void)
{
    start = break_at(NULL);
    expected = start + 3 * MIB + 123; // not on a page boundary
    expect(break_at(expected) == expected, "brk does not grow");
    fill(start + 8, 3 * MIB, 71);
}

static void verify(void)
{
    expect(break_at(NULL) == expected, "the break is %p, was %p", break_at(NULL), expected);
    expect(filled(start + 8, 3 * MIB - 8, 71), "the heap changed");
    char *grown = expected + MIB;
    expect(break_at(grown) == grown, "brk no longer grows");
    fill((char *)(((uintptr_t)expected + 7) & ~7UL), MIB - 16, 72);
    expect(break_at(expected - PAGE) == expected - PAGE && break_at(expected) == expected, "brk no longer shrinks");
    // No stdio here: its malloc would move the break.
    static char maps[64 * KIB];
    slurp("/proc/self/maps", maps, sizeof maps);
    bool named = false;
    for (char *line = strtok(maps, "\n"); line; line = strtok(NULL, "\n")) {
        unsigned long from, to;
        if (sscanf(line, "%lx-%lx", &from, &to) == 2 && from <= (uintptr_t)start && (uintptr_t)start < to)
            named = strstr(line, "[heap]");
    }
    expect(named, "the heap is no longer named [heap]");
}

TARGET(set_up, verify)
