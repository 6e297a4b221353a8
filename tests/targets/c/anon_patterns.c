// Private anonymous memory: full, half-written, sparse, zero-filled and never touched pages keep their bytes; untouched stays untouched.
#include "target.h"

enum { FULL = 3 * MIB, SPARSE = 64 * MIB };
static char *full, *sparse, *zero, *untouched;
static int round_;

static void set_up(void)
{
    full = must(mmap(NULL, FULL, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    sparse = must(mmap(NULL, SPARSE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    zero = must(mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    untouched = must(mmap(NULL, 256 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    fill(full, FULL, 1);
    for (size_t at = 0; at < SPARSE; at += 37 * PAGE)
        fill(sparse + at + 64, 256, at);
    memset(zero, 1, MIB);
    memset(zero, 0, MIB);
}

static void verify(void)
{
    expect(filled(full, FULL, 1 + round_), "full memory changed");
    for (size_t at = 0; at < SPARSE; at += 37 * PAGE) {
        expect(zeroed(sparse + at, 64) && filled(sparse + at + 64, 256, at), "sparse page at +%zx changed", at);
        expect(zeroed(sparse + at + 320, PAGE - 320), "sparse page at +%zx grew bytes", at);
        if (at + PAGE < SPARSE)
            expect(zeroed(sparse + at + PAGE, 64), "hole at +%zx is not zero", at + PAGE);
    }
    expect(zeroed(zero, MIB), "zero pages changed");
    static unsigned char resident[256 * MIB / PAGE];
    must(mincore(untouched, 256 * MIB, resident));
    size_t touched = 0;
    for (size_t i = 0; i < sizeof resident; i++)
        touched += resident[i] & 1;
    expect(touched == 0, "%zu never touched pages are resident", touched);
    fill(full, FULL, 1 + ++round_);
}

TARGET(set_up, verify)
