// Waits with a time limit (poll, ppoll, select, pselect, epoll_wait, sigtimedwait, SO_RCVTIMEO): never shorter than asked unless they say EINTR; and
// endless ones wake up when their descriptor becomes ready.
#include "target.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>

enum { POLL, PPOLL, SELECT, PSELECT, EPOLL, SIGTIMEDWAIT, RECEIVE, KINDS, ENDLESS = KINDS, ALL = KINDS + 5 };
static volatile long turns[ALL];
static long seen[ALL];
static int quiet[2], wake[5][2], epoll[2], silent[2];
enum { LIMIT_MS = 120 };

// One wait that can only time out: 0, or -1 with EINTR.
static int wait_once(int kind)
{
    struct pollfd p = { quiet[0], POLLIN, 0 };
    struct timespec t = { 0, LIMIT_MS * 1000000 };
    struct timeval tv = { 0, LIMIT_MS * 1000 };
    struct epoll_event event;
    fd_set set;
    sigset_t signals;
    char byte;
    FD_ZERO(&set);
    FD_SET(quiet[0], &set);
    sigemptyset(&signals);
    sigaddset(&signals, SIGUSR2);
    int result;
    switch (kind) {
    case POLL: return poll(&p, 1, LIMIT_MS);
    case PPOLL: return ppoll(&p, 1, &t, NULL);
    case SELECT: return select(quiet[0] + 1, &set, NULL, NULL, &tv);
    case PSELECT: return pselect(quiet[0] + 1, &set, NULL, NULL, &t, NULL);
    case EPOLL: return epoll_wait(epoll[0], &event, 1, LIMIT_MS);
    case SIGTIMEDWAIT: result = sigtimedwait(&signals, NULL, &t); break;
    default: result = (int)recv(silent[0], &byte, 1, 0); break;
    }
    return result == -1 && errno == EAGAIN ? 0 : result;
}

static void *limited(void *argument)
{
    for (int kind = (int)(intptr_t)argument;; turns[kind]++) {
        int64_t start = now_ns(CLOCK_MONOTONIC);
        int result = wait_once(kind);
        int64_t took = now_ns(CLOCK_MONOTONIC) - start;
        expect(result == 0 || (result == -1 && errno == EINTR), "wait %d gives %d, %s", kind, result, strerror(errno));
        expect(result != 0 || took >= (LIMIT_MS - 5) * 1000000, "wait %d of %d ms took %ld us", kind, LIMIT_MS, (long)took / 1000);
    }
    return NULL;
}

static void *endless(void *argument)
{
    for (int i = (int)(intptr_t)argument;;) {
        struct pollfd p = { wake[i][0], POLLIN, 0 };
        struct epoll_event event = { 0 };
        fd_set set;
        FD_ZERO(&set);
        FD_SET(wake[i][0], &set);
        int result = i == 0 ? poll(&p, 1, -1) : i == 1 ? ppoll(&p, 1, NULL, NULL)
            : i == 2 ? select(wake[i][0] + 1, &set, NULL, NULL, NULL)
            : i == 3 ? epoll_wait(epoll[1], &event, 1, -1) : poll(&p, 1, 86400000);
        if (result == -1 && errno == EINTR)
            continue;
        char byte;
        expect(result == 1 && read(wake[i][0], &byte, 1) == 1, "endless wait %d gives %d", i, result);
        expect(i != 3 || event.data.u64 == 0x1122334455667788, "epoll gives other data");
        turns[ENDLESS + i]++;
    }
    return NULL;
}

static void set_up(void)
{
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &blocked, NULL);
    must(pipe(quiet));
    must(socketpair(AF_UNIX, SOCK_STREAM, 0, silent));
    must(setsockopt(silent[0], SOL_SOCKET, SO_RCVTIMEO, &(struct timeval) { 0, LIMIT_MS * 1000 }, sizeof(struct timeval)));
    for (int i = 0; i < 5; i++)
        must(pipe2(wake[i], O_NONBLOCK));
    for (int i = 0; i < 2; i++)
        epoll[i] = must(epoll_create1(0));
    must(epoll_ctl(epoll[0], EPOLL_CTL_ADD, quiet[0], &(struct epoll_event) { .events = EPOLLIN }));
    must(epoll_ctl(epoll[1], EPOLL_CTL_ADD, wake[3][0], &(struct epoll_event) { .events = EPOLLIN, .data.u64 = 0x1122334455667788 }));
    for (int i = 0; i < KINDS; i++)
        spawn(limited, (void *)(intptr_t)i);
    for (int i = 0; i < 5; i++)
        spawn(endless, (void *)(intptr_t)i);
}

static void verify(void)
{
    for (int i = 0; i < 5; i++) {
        expect(turns[ENDLESS + i] == seen[ENDLESS + i], "endless wait %d woke up by itself", i);
        must(write(wake[i][1], "x", 1));
    }
    for (int i = 0; i < ALL; i++) {
        expect(eventually(turns[i] > seen[i]), "wait %d does not come back", i);
        seen[i] = turns[i];
    }
}

TARGET(set_up, verify)
