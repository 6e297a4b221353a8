// Locked memory is not locked in children, and mlockall(MCL_FUTURE) is not inherited: each process has its own locked regions and its own default.
#include "family.h"

enum { BYTES = 64 * KIB };
static char *region, *other;

static bool locked(char *address)
{
    char flags[1024];
    vm_flags(address, flags, sizeof flags);
    return strstr(flags, " lo") != NULL;
}

static long locked_kb(void)
{
    char value[64];
    proc_field("status", "VmLck:", value, sizeof value);
    return atol(value);
}

// Whether what is mapped from now on is locked.
static bool locks_future(void)
{
    char *new = must(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    bool is = locked(new);
    must(munmap(new, PAGE));
    return is;
}

static void look(int i)
{
    expect(filled(region, BYTES, 1) && filled(other, BYTES, 2), "the memory of process %d changed", i);
    expect(locked(region) == (i == 3), "the region of process %d is %s", i, locked(region) ? "locked" : "not locked");
    expect(locked(other) == (i == 1), "the other region of process %d is %s", i, locked(other) ? "locked" : "not locked");
    expect(i == 2 || locked_kb() == (i == 1 || i == 3 ? BYTES / 1024 : 0), "process %d has locked %ld kB", i, locked_kb());
    expect(locks_future() == (i == 2), "process %d %s what it maps", i, locks_future() ? "locks" : "doesn't lock");
}

static void set(int i)
{
    if (i == 1)
        must(mlock(other, BYTES));
    if (i == 2)
        must(mlockall(MCL_FUTURE));
}

static void set_up(void)
{
    region = must(mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    other = must(mmap(NULL, BYTES + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    must(munmap(other, PAGE)); // apart from its neighbour
    other += PAGE;
    fill(region, BYTES, 1);
    fill(other, BYTES, 2);
    must(mlock(region, BYTES));
    family_start(3, set, look);
}

static void verify(void)
{
    look(3);
    family_verify();
}

TARGET(set_up, verify)
