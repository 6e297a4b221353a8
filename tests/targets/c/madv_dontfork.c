// MADV_DONTFORK: the region is not in children, now and later, and what a child maps at the same address is its own.
#include "family.h"

enum { BYTES = 1 * MIB };
static char *region, *normal;

static bool is_mapped(char *address)
{
    unsigned char state[BYTES / PAGE];
    return mincore(address, BYTES, state) == 0;
}

// Member 0 has a hole there, member 1 maps memory of its own, member 2 a read-only view of a file.
static void set(int i)
{
    expect(!is_mapped(region), "the region was inherited");
    if (i == 1) {
        must(mmap(region, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0));
        fill(region, BYTES / 2, 300);
    }
    if (i == 2) {
        int fd = must(open(target_path("view"), O_RDWR | O_CREAT, 0600));
        must(ftruncate(fd, BYTES));
        must(write(fd, "seen", 5));
        must(mmap(region, BYTES, PROT_READ, MAP_SHARED | MAP_FIXED_NOREPLACE, fd, 0));
        close(fd);
    }
}

static void prove(int i)
{
    expect(filled(normal, BYTES, 2), "the normal memory of member %d changed", i);
    if (i == 0)
        expect(!is_mapped(region), "the hole of member 0 is filled");
    if (i == 1)
        expect(filled(region, BYTES / 2, 300) && zeroed(region + BYTES / 2, BYTES / 2), "the region of member 1 changed");
    if (i == 2)
        expect(strcmp(region, "seen") == 0 && zeroed(region + PAGE, BYTES - PAGE), "the view of member 2 changed");
    char flags[1024];
    vm_flags(region, flags, sizeof flags);
    expect(!strstr(flags, " dc"), "the region of member %d is not for children: %s", i, flags);
}

static void set_up(void)
{
    region = must(mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    must(madvise(region, BYTES, MADV_DONTFORK));
    fill(region, BYTES, 1);
    normal = must(mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    fill(normal, BYTES, 2);
    family_start(3, set, prove);
}

static void verify(void)
{
    char flags[1024];
    family_verify();
    expect(filled(region, BYTES, 1), "the root's region changed");
    vm_flags(region, flags, sizeof flags);
    expect(strstr(flags, " dc"), "the root's region is for children now: %s", flags);
    pid_t child = must(fork());
    if (child == 0)
        _exit(is_mapped(region) ? 1 : filled(normal, BYTES, 2) ? 0 : 2);
    int status = 0;
    expect(waitpid(child, &status, 0) == child && status == 0, "a new child %s", status == 0x100 ? "inherits the region" : "misses memory");
}

TARGET(set_up, verify)
