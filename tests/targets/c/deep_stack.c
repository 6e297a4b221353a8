// A deep stack: the main thread stands thousands of frames down, every frame's locals stay, and the stack still grows afterwards.
#include "target.h"

enum { DEPTH = 3000, LOCALS = 64 };
static volatile uint64_t *frames[DEPTH + 1];
static char **arguments;

__attribute__((noinline)) static uint64_t grow(int depth)
{
    volatile uint64_t local[LOCALS];
    for (int i = 0; i < LOCALS; i++)
        local[i] = mix(depth + i);
    uint64_t sum = depth ? grow(depth - 1) : 0;
    for (int i = 0; i < LOCALS; i++)
        sum += local[i];
    return sum;
}

static uint64_t expected;

static void set_up(void) { expected = grow(100); }

static void verify(void)
{
    for (int frame = 0; frame <= DEPTH; frame++)
        for (int i = 0; i < LOCALS; i++)
            expect(frames[frame][i] == mix(frame * LOCALS + i), "local %d of frame %d changed", i, frame);
    expect(grow(100) == expected, "recursion gives another sum");
    expect(grow(5000) != 0, "the stack does not grow"); // about 3 MiB more
}

__attribute__((noinline)) static int descend(int depth)
{
    volatile uint64_t local[LOCALS];
    for (int i = 0; i < LOCALS; i++)
        local[i] = mix(depth * LOCALS + i);
    frames[depth] = local;
    return depth ? descend(depth - 1) + (int)(local[0] & 1) : target_run(2, arguments, set_up, verify);
}

int main(int argc, char **argv)
{
    arguments = argv;
    return argc < 2 ? 2 : descend(DEPTH);
}
