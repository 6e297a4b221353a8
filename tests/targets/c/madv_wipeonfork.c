// MADV_WIPEONFORK: children find zeros there, now and later, and so do their children; what a child writes there is its own.
#include "family.h"

enum { BYTES = 1 * MIB };
static char *region;

// Member 0 writes nothing, member 1 the first half, member 2 is a child of member 1 and writes the last page, 3 gives the flag up and writes.
static void prove(int i)
{
    expect(i != 0 || zeroed(region, BYTES), "the region of member 0 is not zeros");
    expect(i != 1 || (filled(region, BYTES / 2, 10) && zeroed(region + BYTES / 2, BYTES / 2)), "the region of member 1 changed");
    expect(i != 2 || (zeroed(region, BYTES - PAGE) && filled(region + BYTES - PAGE, PAGE, 20)), "the region of member 2 changed");
    expect(i != 3 || filled(region, BYTES, 30), "the region of member 3 changed");
    char flags[1024];
    vm_flags(region, flags, sizeof flags);
    expect((strstr(flags, " wf") != NULL) == (i != 3), "the flags of member %d: %s", i, flags);
    pid_t child = must(fork());
    if (child == 0)
        _exit(i == 3 ? !filled(region, BYTES, 30) : !zeroed(region, BYTES));
    int status = 0;
    expect(waitpid(child, &status, 0) == child && status == 0, "a new child of member %d finds other contents", i);
}

static void set(int i)
{
    expect(zeroed(region, BYTES), "the region was not wiped");
    if (i == 3)
        must(madvise(region, BYTES, MADV_KEEPONFORK));
    fill(region + (i == 2 ? BYTES - PAGE : 0), i == 0 ? 0 : i == 1 ? BYTES / 2 : i == 2 ? PAGE : BYTES, 10 * i);
    if (i == 1)
        family_fork(2, set, prove);
}

static void set_up(void)
{
    region = must(mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    must(madvise(region, BYTES, MADV_WIPEONFORK));
    fill(region, BYTES, 1);
    family_open();
    family_fork(0, set, prove);
    family_fork(1, set, prove);
    family_fork(3, set, prove);
    family_await_all(4);
}

static void verify(void)
{
    family_verify();
    expect(filled(region, BYTES, 1), "the root's region changed");
    pid_t child = must(fork());
    if (child == 0)
        _exit(!zeroed(region, BYTES));
    int status = 0;
    expect(waitpid(child, &status, 0) == child && status == 0, "a new child finds other contents");
}

TARGET(set_up, verify)
