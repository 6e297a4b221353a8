// Futexes: condition variables with an absolute limit, mutexes and semaphores with waiters, a relative FUTEX_WAIT, barriers; none lost, none early.
#include "target.h"
#include <linux/futex.h>
#include <semaphore.h>

enum { TIMED_MONOTONIC, TIMED_REALTIME, RAW_RELATIVE, MUTEX, SEMAPHORE, CONDITION, PING, PONG, KINDS };
static volatile long turns[KINDS];
static long seen[KINDS];
static pthread_mutex_t busy = PTHREAD_MUTEX_INITIALIZER, lock = PTHREAD_MUTEX_INITIALIZER, ping_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t call = PTHREAD_COND_INITIALIZER, ping_call = PTHREAD_COND_INITIALIZER;
static sem_t semaphore;
static int calls, ball;
static long locked, seen_locked; // guarded by busy

static void timed(clockid_t clock, pthread_mutex_t *mutex, pthread_cond_t *condition)
{
    struct timespec until;
    clock_gettime(clock, &until);
    int64_t start = now_ns(clock);
    until.tv_nsec += 150000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(mutex);
    int result;
    while ((result = pthread_cond_timedwait(condition, mutex, &until)) == 0)
        ;
    pthread_mutex_unlock(mutex);
    expect(result == ETIMEDOUT, "a timed wait: %s", strerror(result));
    expect(now_ns(clock) - start >= 150000000, "a timed wait of 150 ms on clock %d took %ld us", clock, (long)(now_ns(clock) - start) / 1000);
}

static void *waiter(void *argument)
{
    int kind = (int)(intptr_t)argument, word = 0;
    pthread_mutex_t mine = PTHREAD_MUTEX_INITIALIZER;
    pthread_condattr_t attributes;
    pthread_cond_t condition;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, kind == TIMED_REALTIME ? CLOCK_REALTIME : CLOCK_MONOTONIC);
    pthread_cond_init(&condition, &attributes);
    for (int handled = 0;; turns[kind]++)
        switch (kind) {
        case TIMED_MONOTONIC: timed(CLOCK_MONOTONIC, &mine, &condition); break;
        case TIMED_REALTIME: timed(CLOCK_REALTIME, &mine, &condition); break;
        case RAW_RELATIVE: {
            struct timespec limit = { 0, 100000000 };
            int64_t start = now_ns(CLOCK_MONOTONIC);
            long result = syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &limit, NULL, 0);
            expect(result == -1 && (errno == EINTR || errno == ETIMEDOUT), "FUTEX_WAIT gives %ld, %s", result, strerror(errno));
            expect(errno == EINTR || now_ns(CLOCK_MONOTONIC) - start >= 100000000, "FUTEX_WAIT came back early");
            break;
        }
        case MUTEX: pthread_mutex_lock(&busy); locked++; pthread_mutex_unlock(&busy); sleep_ms(20); break;
        case SEMAPHORE: while (sem_wait(&semaphore) == -1) expect(errno == EINTR, "sem_wait: %s", strerror(errno)); break;
        case CONDITION:
            pthread_mutex_lock(&lock);
            while (calls == handled)
                pthread_cond_wait(&call, &lock);
            handled++;
            pthread_mutex_unlock(&lock);
            break;
        default: // two threads that wake each other as fast as they can
            pthread_mutex_lock(&ping_lock);
            while (ball % 2 != kind - PING)
                pthread_cond_wait(&ping_call, &ping_lock);
            ball++;
            pthread_cond_broadcast(&ping_call);
            pthread_mutex_unlock(&ping_lock);
        }
    return NULL;
}

static void set_up(void)
{
    sem_init(&semaphore, 0, 0);
    pthread_mutex_lock(&busy);
    for (int i = 0; i < KINDS; i++)
        spawn(waiter, (void *)(intptr_t)i);
}

static void verify(void)
{
    expect(locked == seen_locked && turns[SEMAPHORE] == seen[SEMAPHORE] && turns[CONDITION] == seen[CONDITION], "a wait ended by itself");
    pthread_mutex_unlock(&busy);
    sem_post(&semaphore);
    pthread_mutex_lock(&lock);
    calls++;
    pthread_cond_signal(&call);
    pthread_mutex_unlock(&lock);
    for (int i = 0; i < KINDS; i++)
        expect(eventually(turns[i] > seen[i]), "wait %d does not come back", i);
    pthread_mutex_lock(&busy);
    sleep_ms(50);
    seen_locked = locked;
    for (int i = 0; i < KINDS; i++)
        seen[i] = turns[i];
}

TARGET(set_up, verify)
