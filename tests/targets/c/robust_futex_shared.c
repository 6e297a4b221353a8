// Process-shared mutexes and condition variables in memory that processes share, with waiters blocked in several of them: a robust mutex whose owner
// ends tells the next one so, a plain one is handed on when it is unlocked, a broadcast wakes everyone.
#include "family.h"

enum { OWNER, WAITERS = 1, MEMBERS = 4 };
enum { ABOUT_TO_WAIT, RESULT, DONE, WOKEN }; // values
static struct { pthread_mutex_t robust, guard; pthread_cond_t call; volatile int64_t turn, called; } *shared;

// Waits for each turn's owner to have the mutex, then for the mutex.
static void *wait_for_mutex(void *argument UNUSED)
{
    volatile int64_t *value = board->slot[family_me].value;
    for (int64_t turn = 1;; turn++) {
        while (shared->turn < turn)
            sleep_ms(1);
        value[ABOUT_TO_WAIT] = turn;
        int result = pthread_mutex_lock(&shared->robust);
        if (result == EOWNERDEAD)
            pthread_mutex_consistent(&shared->robust);
        value[RESULT] = result;
        value[DONE] = turn;
        pthread_mutex_unlock(&shared->robust);
    }
    return NULL;
}

static void *wait_for_call(void *argument UNUSED)
{
    pthread_mutex_lock(&shared->guard);
    for (int64_t seen = shared->called;; seen++) {
        while (shared->called == seen)
            pthread_cond_wait(&shared->call, &shared->guard);
        board->slot[family_me].value[WOKEN]++;
    }
    return NULL;
}

static void set(int i)
{
    if (i != OWNER) {
        spawn(wait_for_mutex, NULL);
        spawn(wait_for_call, NULL);
        return;
    }
    int result = pthread_mutex_lock(&shared->robust);
    expect(result == 0, "the new owner: %s", strerror(result));
    shared->turn++;
}

static void prove(int i)
{
    if (i == OWNER && board->phase == 1)
        _exit(0);
}

static bool all(int value, int64_t wanted)
{
    for (int i = WAITERS; i < MEMBERS; i++)
        if (value_of(i, value) != wanted)
            return false;
    return true;
}

static void own(void)
{
    family_fork(OWNER, set, prove);
    family_await(OWNER);
    expect(eventually(all(ABOUT_TO_WAIT, shared->turn)), "the waiters don't wait");
    sleep_ms(20);
}

static void set_up(void)
{
    pthread_mutexattr_t mutex;
    pthread_condattr_t cond;
    shared = must(mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    pthread_mutexattr_init(&mutex);
    pthread_mutexattr_setpshared(&mutex, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(&shared->guard, &mutex);
    pthread_mutexattr_setrobust(&mutex, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&shared->robust, &mutex);
    pthread_condattr_init(&cond);
    pthread_condattr_setpshared(&cond, PTHREAD_PROCESS_SHARED);
    pthread_cond_init(&shared->call, &cond);
    family_open();
    for (int i = WAITERS; i < MEMBERS; i++)
        family_fork(i, set, prove);
    for (int i = WAITERS; i < MEMBERS; i++)
        family_await(i);
    own();
}

static void verify(void)
{
    int64_t turn = shared->turn, woken = value_of(WAITERS, WOKEN);
    family_ask(0);
    expect(all(DONE, turn - 1), "a waiter has got the mutex while it is owned");
    expect(all(WOKEN, woken), "waiters for the condition woke up by themselves");
    pid_t owner = pid_of(OWNER);
    board->slot[OWNER].pid = 0; // it won't answer
    family_ask(1);
    must(waitpid(owner, NULL, 0));
    expect(eventually(all(DONE, turn)), "waiters stay blocked after the end of the owner");
    int dead = 0;
    for (int i = WAITERS; i < MEMBERS; i++) {
        expect(value_of(i, RESULT) == 0 || value_of(i, RESULT) == EOWNERDEAD, "waiter %d: %s", i, strerror((int)value_of(i, RESULT)));
        dead += value_of(i, RESULT) == EOWNERDEAD;
    }
    expect(dead == 1, "%d waiters learned that the owner is dead", dead);
    pthread_mutex_lock(&shared->guard);
    shared->called++;
    pthread_cond_broadcast(&shared->call);
    pthread_mutex_unlock(&shared->guard);
    expect(eventually(all(WOKEN, woken + 1)), "a broadcast does not wake everyone");
    own();
}

TARGET(set_up, verify)
