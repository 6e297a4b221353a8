// Pairs of threads that hand a turn to each other as fast as they can, one pair for each kind of wait: no wakeup is lost, no turn is taken twice.
#include "sockets.h"
#include <linux/futex.h>
#include <poll.h>
#include <semaphore.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

enum { CONDITION, TIMED, RAW, RAW_TIMED, SHARED, BITSET, SEMAPHORE, INHERIT, BARRIER, RWLOCK, PIPE, EVENT, SOCKET, POLLED, EPOLLED, SIGNAL, JOIN, KINDS };
static const char *const kind_name[] = { "condition", "timed condition", "futex", "timed futex", "shared futex", "futex bitset", "semaphore",
    "priority inheritance", "barrier", "rwlock", "pipe", "eventfd", "socket", "poll", "epoll", "signal", "join" };
static struct pair {
    volatile long turns[2];
    volatile int word, owner;
    int pipe[2][2], pair[2], event[2], epoll[2];
    volatile pid_t tid[2];
    pthread_mutex_t lock;
    pthread_cond_t call[2];
    pthread_barrier_t barrier;
    pthread_rwlock_t rwlock;
    sem_t semaphore[2];
    char filler[128];
} pairs[KINDS] __attribute__((aligned(64)));
static long seen[KINDS];

static long futex(volatile int *word, int operation, int value, const struct timespec *limit, unsigned bits)
{
    return syscall(SYS_futex, word, operation, value, limit, NULL, bits);
}

// Waits until the word has this parity.
static void wait_for(struct pair *p, int kind, int me)
{
    for (;;) {
        int value = __atomic_load_n(&p->word, __ATOMIC_SEQ_CST);
        if (value % 2 == me)
            return;
        struct timespec t = { 20, 0 };
        long result;
        switch (kind) {
        case RAW: result = futex(&p->word, FUTEX_WAIT_PRIVATE, value, NULL, 0); break;
        case RAW_TIMED: result = futex(&p->word, FUTEX_WAIT_PRIVATE, value, &t, 0); break;
        case SHARED: result = futex(&p->word, FUTEX_WAIT, value, NULL, 0); break;
        default:
            clock_gettime(CLOCK_MONOTONIC, &t);
            t.tv_sec += 20;
            result = futex(&p->word, FUTEX_WAIT_BITSET_PRIVATE, value, &t, 1U << me);
            break;
        }
        expect(result == 0 || errno == EAGAIN || errno == EINTR, "%s: %s", kind_name[kind], strerror(errno));
    }
}

static void hand_over(struct pair *p, int kind, int me)
{
    __atomic_add_fetch(&p->word, 1, __ATOMIC_SEQ_CST);
    futex(&p->word, kind == SHARED ? FUTEX_WAKE : kind == BITSET ? FUTEX_WAKE_BITSET_PRIVATE : FUTEX_WAKE_PRIVATE, 1, NULL, kind == BITSET ? 1U << !me : 0);
}

static void by_condition(struct pair *p, bool timed, int me)
{
    pthread_mutex_lock(&p->lock);
    while (p->owner != me) {
        if (!timed) {
            pthread_cond_wait(&p->call[me], &p->lock);
            continue;
        }
        struct timespec t;
        clock_gettime(CLOCK_REALTIME, &t);
        t.tv_sec += 20;
        int result = pthread_cond_timedwait(&p->call[me], &p->lock, &t);
        expect(result == 0, "timed condition: %s", strerror(result));
    }
    p->owner = !me;
    pthread_cond_signal(&p->call[!me]);
    pthread_mutex_unlock(&p->lock);
}

// A lock taken and given back by both; the turns are counted inside it.
static void by_lock(struct pair *p, int kind, int me)
{
    if (kind == INHERIT) pthread_mutex_lock(&p->lock); else pthread_rwlock_wrlock(&p->rwlock);
    expect(__atomic_exchange_n(&p->owner, me + 1, __ATOMIC_SEQ_CST) == 0, "%s: both are inside", kind_name[kind]);
    if (p->turns[me] % 64 == 0)
        sched_yield();
    __atomic_store_n(&p->owner, 0, __ATOMIC_SEQ_CST);
    if (kind == INHERIT) pthread_mutex_unlock(&p->lock); else pthread_rwlock_unlock(&p->rwlock);
}

static void by_descriptor(struct pair *p, int kind, int me)
{
    uint64_t token = 1;
    int in = kind == SOCKET || kind == EPOLLED ? p->pair[me] : kind == EVENT ? p->event[me] : p->pipe[me][0];
    int out = kind == SOCKET || kind == EPOLLED ? p->pair[me] : kind == EVENT ? p->event[!me] : p->pipe[!me][1];
    struct pollfd poll_in = { in, POLLIN, 0 };
    struct epoll_event event;
    if (kind == POLLED)
        while (poll(&poll_in, 1, 20000) != 1)
            expect(errno == EINTR, "poll: %s", strerror(errno));
    if (kind == EPOLLED)
        while (epoll_wait(p->epoll[me], &event, 1, 20000) != 1)
            expect(errno == EINTR, "epoll_wait: %s", strerror(errno));
    long result = read(in, &token, sizeof token);
    expect(result == sizeof token && token == 1, "%s: read gives %ld, %s", kind_name[kind], result, strerror(errno));
    result = write(out, &token, sizeof token);
    expect(result == sizeof token, "%s: write gives %ld, %s", kind_name[kind], result, strerror(errno));
}

static void by_signal(struct pair *p, int me)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN + 3);
    siginfo_t info;
    int result;
    while ((result = sigwaitinfo(&set, &info)) == -1 && errno == EINTR)
        ;
    expect(result == SIGRTMIN + 3, "sigwaitinfo gives %d", result);
    must(syscall(SYS_tgkill, getpid(), p->tid[!me], SIGRTMIN + 3));
}

static void *nothing(void *argument) { return argument; }

static void *player(void *argument)
{
    int number = (int)(intptr_t)argument, kind = number / 2, me = number % 2;
    struct pair *p = &pairs[kind];
    p->tid[me] = (pid_t)syscall(SYS_gettid);
    while (p->tid[!me] == 0)
        sleep_ms(1);
    if (kind == SIGNAL && me == 0)
        must(syscall(SYS_tgkill, getpid(), p->tid[0], SIGRTMIN + 3));
    for (;; p->turns[me]++) {
        void *answer;
        if (p->turns[me] % 32 == 31)
            sleep_ms(5); // what is proved is the handover; the processors are for others too
        switch (kind) {
        case CONDITION: by_condition(p, false, me); break;
        case TIMED: by_condition(p, true, me); break;
        case RAW: case RAW_TIMED: case SHARED: case BITSET: wait_for(p, kind, me); hand_over(p, kind, me); break;
        case SEMAPHORE:
            while (sem_wait(&p->semaphore[me]) == -1)
                expect(errno == EINTR, "sem_wait: %s", strerror(errno));
            sem_post(&p->semaphore[!me]);
            break;
        case BARRIER: pthread_barrier_wait(&p->barrier); break;
        case INHERIT: case RWLOCK: by_lock(p, kind, me); break;
        case SIGNAL: by_signal(p, me); break;
        case JOIN:
            pthread_join(spawn(nothing, p), &answer);
            expect(answer == p, "join gives %p", answer);
            break;
        default: by_descriptor(p, kind, me); break;
        }
    }
    return NULL;
}

static void prepare(struct pair *p)
{
    pthread_mutexattr_t inherit;
    pthread_mutexattr_init(&inherit);
    pthread_mutexattr_setprotocol(&inherit, p == &pairs[INHERIT] ? PTHREAD_PRIO_INHERIT : PTHREAD_PRIO_NONE);
    pthread_mutex_init(&p->lock, &inherit);
    pthread_barrier_init(&p->barrier, NULL, 2);
    pthread_rwlock_init(&p->rwlock, NULL);
    must(socketpair(AF_UNIX, SOCK_STREAM, 0, p->pair));
    uint64_t token = 1;
    for (int i = 0; i < 2; i++) {
        pthread_cond_init(&p->call[i], NULL);
        sem_init(&p->semaphore[i], 0, i == 0);
        must(pipe(p->pipe[i]));
        p->event[i] = must(eventfd(i == 0, 0));
        p->epoll[i] = must(epoll_create1(0));
        must(epoll_ctl(p->epoll[i], EPOLL_CTL_ADD, p->pair[i], &(struct epoll_event) { .events = EPOLLIN }));
    }
    must(write(p->pipe[0][1], &token, sizeof token));
    must(write(p->pair[1], &token, sizeof token));
}

static void set_up(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN + 3);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    for (int i = 0; i < KINDS; i++)
        prepare(&pairs[i]);
    for (int i = 0; i < 2 * KINDS; i++)
        spawn(player, (void *)(intptr_t)i);
}

static void verify(void)
{
    for (int i = 0; i < KINDS; i++)
        seen[i] = pairs[i].turns[0] + pairs[i].turns[1];
    for (int i = 0; i < KINDS; i++)
        expect(eventually(pairs[i].turns[0] + pairs[i].turns[1] > seen[i] + 10), "%s: nobody has the turn", kind_name[i]);
}

TARGET(set_up, verify)
