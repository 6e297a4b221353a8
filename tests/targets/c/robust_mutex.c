// The robust list of each thread: when a thread ends with a robust mutex held, the next owner learns of it.
#include "target.h"
#include <linux/futex.h>

enum { HOLDERS = 3 };
static pthread_mutex_t mutex[HOLDERS];
static pthread_t thread[HOLDERS];
static volatile int holding[HOLDERS], leave;
static void *list[HOLDERS];

static void *hold(void *argument)
{
    int i = (int)(intptr_t)argument;
    size_t size;
    pthread_mutex_lock(&mutex[i]);
    must(syscall(SYS_get_robust_list, 0, &list[i], &size));
    holding[i] = 1;
    while (!leave)
        sleep_ms(5);
    void *now = NULL;
    must(syscall(SYS_get_robust_list, 0, &now, &size));
    expect(now == list[i] && size == sizeof(struct robust_list_head), "the robust list was %p, is %p", list[i], now);
    return NULL; // without unlocking
}

static void take(void)
{
    leave = 0;
    for (int i = 0; i < HOLDERS; i++) {
        holding[i] = 0;
        thread[i] = spawn(hold, (void *)(intptr_t)i);
        expect(eventually(holding[i]), "holder %d did not start", i);
    }
}

static void set_up(void)
{
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    for (int i = 0; i < HOLDERS; i++)
        pthread_mutex_init(&mutex[i], &attributes);
    take();
}

static void verify(void)
{
    leave = 1;
    for (int i = 0; i < HOLDERS; i++) {
        struct timespec deadline = { time(NULL) + 10, 0 };
        int result = pthread_mutex_timedlock(&mutex[i], &deadline);
        expect(result == EOWNERDEAD, "mutex %d: %s", i, strerror(result));
        pthread_mutex_consistent(&mutex[i]);
        pthread_mutex_unlock(&mutex[i]);
        pthread_join(thread[i], NULL);
    }
    take();
}

TARGET(set_up, verify)
