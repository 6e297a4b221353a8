// A thread that loads registers, spins with all of them live until it is told to go, stores them, and starts again.
// The code is assembly at file level: name_hold loads from name_in, spins while name_go is zero, and stores to name_out.
#pragma once
#include "target.h"

struct spinner {
    void (*hold)(void);
    volatile int *go;
    volatile int rounds;
    bool (*right)(int round); // compares what was stored with what was loaded
    void (*next)(int round);  // makes the pattern of the next round
};

static void *spin(void *argument)
{
    struct spinner *s = argument;
    for (;;) {
        s->hold();
        *s->go = 0;
        expect(s->right(s->rounds), "registers changed in round %d", s->rounds);
        s->next(s->rounds + 1);
        s->rounds++;
    }
    return NULL;
}

static void spin_start(struct spinner *s)
{
    s->next(0);
    spawn(spin, s);
    sleep_ms(20);
}

static void spin_verify(struct spinner *s)
{
    int before = s->rounds;
    *s->go = 1;
    expect(eventually(s->rounds == before + 1), "the spinning thread does not answer");
    sleep_ms(20);
}
