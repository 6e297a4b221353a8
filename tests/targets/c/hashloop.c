// A deterministic computation: a hash chain over integers, floating point and a table, by two threads that must agree at every milestone.
// It also writes its progress, and the final hash after HASHLOOP_MILESTONES (default: never), which must be the one of a run without interruption.
#include "target.h"

enum { TABLE = 1 << 14, STEPS = 1 << 18, KEEP = 1 << 16 };
struct chain { uint64_t state, table[TABLE]; double number; };
static struct chain chain[2];
static uint64_t milestone[2][KEEP];
static volatile long reached[2];
static long last, seen;

static void step(struct chain *c)
{
    c->state = mix(c->state);
    uint64_t *slot = &c->table[c->state % TABLE];
    *slot = (*slot << 7 | *slot >> 57) ^ c->state;
    c->number = c->number * 0.75 + (double)(*slot >> 40) / 3.0;
    c->state += (uint64_t)c->number;
}

static void *compute(void *argument)
{
    int me = (int)(intptr_t)argument;
    while (last == 0 || reached[me] < last) {
        for (int i = 0; i < STEPS; i++)
            step(&chain[me]);
        milestone[me][reached[me] % KEEP] = chain[me].state ^ (uint64_t)chain[me].number;
        reached[me]++;
        if (me == 0 && reached[0] % 16 == 0) {
            char text[64];
            snprintf(text, sizeof text, "%ld %016lx\n", reached[0], chain[0].state);
            target_write("progress", text);
        }
    }
    if (me == 0) {
        char text[64];
        snprintf(text, sizeof text, "%016lx\n", milestone[0][(last - 1) % KEEP]);
        target_write("final", text);
    }
    return NULL;
}

static void set_up(void)
{
    const char *limit = getenv("HASHLOOP_MILESTONES");
    last = limit ? atol(limit) : 0;
    for (int i = 0; i < 2; i++)
        spawn(compute, (void *)(intptr_t)i);
}

static void verify(void)
{
    long before[2] = { reached[0], reached[1] }, common = before[0] < before[1] ? before[0] : before[1];
    for (long i = common > KEEP / 2 ? common - KEEP / 2 : 0; i < common; i++)
        expect(milestone[0][i % KEEP] == milestone[1][i % KEEP], "the two computations differ at milestone %ld", i);
    expect((last && common == last) || eventually(reached[0] > seen), "the computation stands still");
    seen = reached[0];
}

TARGET(set_up, verify)
