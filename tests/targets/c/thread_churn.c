// Threads start and end all the time, so that a checkpoint meets threads that are being born or are dying: none is lost, none runs twice.
#include "target.h"

enum { STARTERS = 4 };
static volatile long started[STARTERS], ended[STARTERS];
static long seen[STARTERS];

static void *short_lived(void *argument)
{
    long *counter = argument;
    volatile char frame[8192];
    for (size_t i = 0; i < sizeof frame; i += 512)
        frame[i] = (char)i;
    __sync_fetch_and_add(counter, 1);
    return argument;
}

static void *starter(void *argument)
{
    for (int me = (int)(intptr_t)argument;;) {
        pthread_t child[3];
        for (int i = 0; i < 3; i++) {
            child[i] = spawn(short_lived, (void *)&ended[me]);
            started[me]++;
        }
        for (int i = 0; i < 3; i++) {
            void *answer = NULL;
            pthread_join(child[i], &answer);
            expect(answer == &ended[me], "a joined thread answers %p", answer);
        }
        expect(started[me] == ended[me], "%ld threads were started, %ld ended", started[me], ended[me]);
    }
    return NULL;
}

static void set_up(void)
{
    for (int i = 0; i < STARTERS; i++)
        spawn(starter, (void *)(intptr_t)i);
}

static void verify(void)
{
    for (int i = 0; i < STARTERS; i++) {
        expect(eventually(ended[i] > seen[i] + 10), "starter %d stands still", i);
        seen[i] = ended[i];
    }
}

TARGET(set_up, verify)
