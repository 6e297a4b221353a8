// A PROT_NONE reservation of 300 GiB with a few committed islands, as garbage collectors make: islands keep their bytes, the rest stays a reservation.
#include "target.h"

enum { ISLANDS = 20 };
static char *base;

static char *island(int i) { return base + i * 15 * GIB + i * 3 * PAGE; }

static void set_up(void)
{
    base = must(mmap(NULL, 300 * GIB, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
    for (int i = 0; i < ISLANDS; i++) {
        must(mprotect(island(i), MIB, PROT_READ | PROT_WRITE));
        fill(island(i), MIB / 2, i);
    }
}

static void verify(void)
{
    for (int i = 0; i < ISLANDS; i++) {
        expect(filled(island(i), MIB / 2, i), "island %d changed", i);
        expect(zeroed(island(i) + MIB / 2, MIB / 2), "the untouched half of island %d is not zero", i);
    }
    // Still reserved and without access: a fixed mapping that must not replace anything fails, and a read by the kernel faults.
    expect(mmap(base + 7 * GIB, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED && errno == EEXIST,
        "the reservation has a hole");
    int null = must(open("/dev/null", O_WRONLY)), ends[2];
    must(pipe(ends));
    expect(write(ends[1], base + 8 * GIB, 1) == -1 && errno == EFAULT, "reserved memory can be read");
    close(ends[0]), close(ends[1]), close(null);
    must(mprotect(base + 200 * GIB, PAGE, PROT_READ | PROT_WRITE)); // and it can still be committed
    base[200 * GIB]++;
}

TARGET(set_up, verify)
