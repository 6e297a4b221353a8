// Protection keys: the key of a mapping and each thread's own rights to it (pkru).
#include "crew.h"

static int key;
static char *memory;
static const unsigned rights[] = { 0, PKEY_DISABLE_ACCESS, PKEY_DISABLE_WRITE };

static void set(int i) { must(pkey_set(key, rights[i])); }
static void prove(int i) { expect(pkey_get(key) == (int)rights[i], "thread %d has rights %d", i, pkey_get(key)); }

static void set_up(void)
{
    key = pkey_alloc(0, 0);
    if (key < 0)
        skip("this CPU or kernel has no protection keys");
    memory = must(mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    fill(memory, 4 * PAGE, 5);
    must(pkey_mprotect(memory, 4 * PAGE, PROT_READ | PROT_WRITE, key));
    crew_start(COUNT(rights), set, prove);
}

static void verify(void)
{
    crew_verify();
    expect(filled(memory, 4 * PAGE, 5), "the protected memory changed");
    expect(pkey_get(key) == 0, "the main thread has rights %d", pkey_get(key));
}

TARGET(set_up, verify)
