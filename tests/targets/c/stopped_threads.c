// A stopped process with busy and sleeping threads: none of them moves until SIGCONT, and then all do. One stopped itself.
#include "family.h"

enum { SELF, BY_PARENT, MEMBERS, THREADS = 4 };

static void *busy(void *argument)
{
    volatile int64_t *count = &board->slot[family_me].value[(intptr_t)argument];
    for (;; ++*count)
        if ((intptr_t)argument % 2)
            sleep_ms(1);
    return NULL;
}

// This one stops itself again after each round.
static void prove(int i)
{
    if (i == SELF && board->phase == 1)
        raise(SIGSTOP);
}

static void set(int i)
{
    must(setpgid(0, 0));
    for (int t = 0; t < THREADS; t++)
        spawn(busy, (void *)(intptr_t)t);
    if (i == BY_PARENT)
        return;
    shared_store(board->slot[i].ready, 1);
    raise(SIGSTOP);
}

static int64_t counts[MEMBERS][THREADS];

static void wait_for_stop(int i)
{
    siginfo_t info;
    must(waitid(P_PID, (id_t)pid_of(i), &info, WSTOPPED));
    expect(info.si_status == SIGSTOP, "member %d stopped by %d", i, info.si_status);
    for (int t = 0; t < THREADS; t++)
        counts[i][t] = value_of(i, t);
}

static void set_up(void)
{
    family_start(MEMBERS, set, prove);
    must(kill(pid_of(BY_PARENT), SIGSTOP));
    for (int i = 0; i < MEMBERS; i++)
        wait_for_stop(i);
}

static void verify(void)
{
    siginfo_t info = { 0 };
    sleep_ms(20);
    for (int i = 0; i < MEMBERS; i++) {
        expect(stat_of(pid_of(i)).state == 'T' && stat_of(pid_of(i)).threads == THREADS + 1, "member %d has state %c", i, stat_of(pid_of(i)).state);
        for (int t = 0; t < THREADS; t++)
            expect(value_of(i, t) == counts[i][t], "thread %d of member %d moved while stopped", t, i);
        must(kill(pid_of(i), SIGCONT));
        must(waitid(P_PID, (id_t)pid_of(i), &info, WCONTINUED));
        for (int t = 0; t < THREADS; t++)
            expect(eventually(value_of(i, t) > counts[i][t]), "thread %d of member %d does not go on", t, i);
    }
    family_ask(0);
    pid_t self = pid_of(SELF);
    board->slot[SELF].pid = 0; // it won't answer
    family_ask(1);
    board->slot[SELF].pid = self;
    must(kill(pid_of(BY_PARENT), SIGSTOP));
    for (int i = 0; i < MEMBERS; i++)
        wait_for_stop(i);
}

TARGET(set_up, verify)
