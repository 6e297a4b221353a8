// Process-shared semaphores: the value, and waiters blocked in other processes, of which each post wakes one.
#include "family.h"
#include <semaphore.h>

enum { MEMBERS = 3 };
static struct { sem_t counted, gate; } *shared;

static void *wait_at_gate(void *argument UNUSED)
{
    for (;;) {
        while (sem_wait(&shared->gate) != 0)
            expect(errno == EINTR, "sem_wait: %s", strerror(errno));
        board->slot[family_me].value[0]++;
    }
    return NULL;
}

static void set(int i UNUSED) { spawn(wait_at_gate, NULL); }

static void prove(int i)
{
    int value = -1;
    sem_getvalue(&shared->counted, &value);
    if (board->phase == 0)
        expect(value == 5, "member %d sees value %d", i, value);
    if (board->phase == 1)
        expect(sem_trywait(&shared->counted) == 0, "member %d can't take one", i);
    if (board->phase == 2)
        must(sem_post(&shared->counted));
    if (board->phase == 3 && i == 1)
        must(sem_post(&shared->gate));
}

static int64_t passed(void) { return value_of(0, 0) + value_of(1, 0) + value_of(2, 0); }

static void set_up(void)
{
    shared = must(mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    must(sem_init(&shared->counted, 1, 5));
    must(sem_init(&shared->gate, 1, 0));
    family_start(MEMBERS, set, prove);
    sleep_ms(20);
}

static void verify(void)
{
    static int64_t before;
    int value = -1;
    expect(passed() == before, "%ld waiters passed without a post", (long)(passed() - before));
    family_ask(0);
    family_ask(1);
    sem_getvalue(&shared->counted, &value);
    expect(value == 5 - MEMBERS, "the value is %d after each member took one", value);
    family_ask(2);
    must(sem_post(&shared->gate));
    family_ask(3);
    expect(eventually(passed() == before + 2), "two posts let %ld waiters pass", (long)(passed() - before));
    sleep_ms(20);
    expect(passed() == before + 2, "two posts let %ld waiters pass", (long)(passed() - before));
    before += 2;
}

TARGET(set_up, verify)
