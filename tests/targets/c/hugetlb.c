// Huge pages of the pool (MAP_HUGETLB), private and shared: bytes and page size stay.
#include "target.h"

static char *private, *shared;

static void set_up(void)
{
    private = mmap(NULL, 4 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
    if (private == MAP_FAILED)
        skip("no huge pages in the pool (vm.nr_hugepages)");
    shared = mmap(NULL, 2 * MIB, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
    if (shared == MAP_FAILED)
        skip("fewer than three huge pages in the pool (vm.nr_hugepages)");
    fill(private, 2 * MIB, 61);
    fill(shared, 2 * MIB, 62);
}

static void verify(void)
{
    char flags[256];
    expect(filled(private, 2 * MIB, 61) && zeroed(private + 2 * MIB, 2 * MIB), "private huge pages changed");
    expect(filled(shared, 2 * MIB, 62), "shared huge pages changed");
    vm_flags(private, flags, sizeof flags);
    expect(strstr(flags, " ht"), "the private mapping is no longer of huge pages:%s", flags);
    vm_flags(shared, flags, sizeof flags);
    expect(strstr(flags, " ht"), "the shared mapping is no longer of huge pages:%s", flags);
}

TARGET(set_up, verify)
