// Calls without a time limit that a signal's handler ends with EINTR, or starts over with SA_RESTART: also a signal that was sent while the process
// stood still. A thread for each; where the file "sent" is, each got its signal from outside since the last check.
#include "target.h"
#include <linux/futex.h>
#include <sys/epoll.h>

enum { PAUSE, READ, RESTARTED, FUTEX, EPOLL, SIGNALS, ABSOLUTE, KINDS };
static const long call[KINDS] = { SYS_pause, SYS_read, SYS_read, SYS_futex, SYS_epoll_wait, SYS_rt_sigtimedwait, SYS_clock_nanosleep };
static volatile long handled[KINDS], turns[KINDS];
static volatile pid_t tid[KINDS];
static long seen[KINDS];
static int quiet[2], epoll, word;

static int signal_of(int kind) { return SIGRTMIN + 1 + kind; }
static void handler(int signal) { handled[signal - SIGRTMIN - 1]++; }

// Waits for ever in this kind of call; true when it ended with EINTR.
static bool interrupted(int kind)
{
    struct timespec never = { now_ns(CLOCK_MONOTONIC) / 1000000000 + 1000000, 0 };
    struct epoll_event event;
    sigset_t other;
    char byte;
    sigemptyset(&other);
    sigaddset(&other, SIGUSR1);
    switch (kind) {
    case PAUSE: return pause() == -1 && errno == EINTR;
    case READ: case RESTARTED: return read(quiet[0], &byte, 1) == -1 && errno == EINTR;
    case FUTEX: return syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0) == -1 && errno == EINTR;
    case EPOLL: return epoll_wait(epoll, &event, 1, -1) == -1 && errno == EINTR;
    case SIGNALS: return sigwaitinfo(&other, NULL) == -1 && errno == EINTR;
    default: return clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &never, NULL) == EINTR;
    }
}

static void *wait_for_signals(void *argument)
{
    int kind = (int)(intptr_t)argument;
    sigset_t all_but_mine;
    sigfillset(&all_but_mine);
    sigdelset(&all_but_mine, signal_of(kind));
    pthread_sigmask(SIG_SETMASK, &all_but_mine, NULL);
    for (tid[kind] = (pid_t)syscall(SYS_gettid);; turns[kind]++)
        expect(interrupted(kind), "call %d: %s", kind, strerror(errno));
    return NULL;
}

// True when the thread sleeps in its call.
static bool waits(int kind)
{
    char path[64], text[256];
    snprintf(path, sizeof path, "/proc/self/task/%d/syscall", tid[kind]);
    return tid[kind] != 0 && slurp(path, text, sizeof text) > 0 && text[0] != 'r' && atol(text) == call[kind];
}

static void all_wait(void)
{
    for (int i = 0; i < KINDS; i++)
        expect(eventually(waits(i)), "thread %d is not in its call", i);
}

static void set_up(void)
{
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, NULL);
    must(pipe(quiet));
    epoll = must(epoll_create1(0));
    for (int i = 0; i < KINDS; i++) {
        must(sigaction(signal_of(i), &(struct sigaction) { .sa_handler = handler, .sa_flags = i == RESTARTED ? SA_RESTART : 0 }, NULL));
        spawn(wait_for_signals, (void *)(intptr_t)i);
    }
    all_wait();
}

static void signalled(int kind)
{
    seen[kind]++;
    expect(eventually(handled[kind] == seen[kind]), "signal %d was handled %ld times, not %ld", kind, handled[kind], seen[kind]);
    long ended = kind == RESTARTED ? 0 : seen[kind];
    expect(eventually(turns[kind] == ended), "call %d was interrupted %ld times, not %ld", kind, turns[kind], ended);
}

static void verify(void)
{
    for (int i = 0; i < KINDS && target_exists("sent"); i++)
        signalled(i);
    all_wait();
    for (int i = 0; i < KINDS; i++) {
        must(kill(getpid(), signal_of(i)));
        signalled(i);
    }
    all_wait();
}

TARGET(set_up, verify)
