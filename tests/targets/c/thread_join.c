// clear_child_tid: a thread that ends after the restore can be joined, and its answer is there; the kernel keeps the address.
#include "target.h"

enum { THREADS = 8 };
static pthread_t thread[THREADS];
static volatile int leave, ready_;
static void *address[THREADS];

static void *body(void *argument)
{
    int i = (int)(intptr_t)argument;
    bool known = prctl(PR_GET_TID_ADDRESS, &address[i]) == 0; // needs CONFIG_CHECKPOINT_RESTORE
    __sync_fetch_and_add(&ready_, 1);
    while (!leave)
        sleep_ms(5);
    void *now = NULL;
    expect(!known || (prctl(PR_GET_TID_ADDRESS, &now) == 0 && now == address[i]), "clear_child_tid was %p, is %p", address[i], now);
    return (void *)(uintptr_t)mix(i);
}

static void start(void)
{
    leave = ready_ = 0;
    for (int i = 0; i < THREADS; i++)
        thread[i] = spawn(body, (void *)(intptr_t)i);
    expect(eventually(ready_ == THREADS), "threads do not start");
}

static void verify(void)
{
    leave = 1;
    for (int i = 0; i < THREADS; i++) {
        struct timespec deadline = { time(NULL) + 10, 0 };
        void *answer = NULL;
        int result = pthread_timedjoin_np(thread[i], &answer, &deadline);
        expect(result == 0 && (uintptr_t)answer == mix(i), "join of thread %d: %s, %p", i, strerror(result), answer);
    }
    start();
}

TARGET(start, verify)
