// Pending signals, of the process and of one thread: which, in what order the real-time queue gives them, and each one's siginfo.
#include "target.h"

static pthread_t thread;
static volatile int turn;
static const int queued[] = { 36, 40, 36, 50, 36, 40 };

static void block_all(void)
{
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, NULL);
}

static int64_t value_of(int i) { return (int64_t)mix(i); }

static void expect_next(int signal, int code, bool has_value, int64_t value, const char *where)
{
    sigset_t wanted;
    sigemptyset(&wanted);
    sigaddset(&wanted, signal);
    siginfo_t info = { 0 };
    struct timespec now = { 0, 0 };
    // Not the C library's sigtimedwait, which hides SI_TKILL.
    int found = (int)syscall(SYS_rt_sigtimedwait, &wanted, &info, &now, 8);
    expect(found == signal, "signal %d is not pending for the %s", signal, where);
    expect(info.si_code == code && info.si_pid == getpid() && info.si_uid == getuid(), "signal %d of the %s: code %d pid %d uid %d", signal, where, info.si_code, info.si_pid, info.si_uid);
    expect(!has_value || (int64_t)(intptr_t)info.si_value.sival_ptr == value, "signal %d of the %s has another value: the order is not kept", signal, where);
}

static void expect_none(const char *where)
{
    sigset_t all;
    siginfo_t info = { 0 };
    struct timespec now = { 0, 0 };
    sigfillset(&all);
    int found = sigtimedwait(&all, &info, &now);
    expect(found == -1 && errno == EAGAIN, "signal %d (code %d) is left for the %s", found, info.si_code, where);
}

static void send(void)
{
    must(kill(getpid(), SIGUSR1));
    must(kill(getpid(), SIGUSR1)); // merges with the first
    must(kill(getpid(), SIGTERM));
    for (size_t i = 0; i < COUNT(queued); i++)
        must(sigqueue(getpid(), queued[i], (union sigval) { .sival_ptr = (void *)value_of(i) }));
    pthread_kill(thread, SIGUSR2);
    pthread_sigqueue(thread, 45, (union sigval) { .sival_ptr = (void *)value_of(70) });
    pthread_sigqueue(thread, 45, (union sigval) { .sival_ptr = (void *)value_of(71) });
}

static void *receiver(void *argument UNUSED)
{
    for (;; sleep_ms(5))
        if (turn == 1) {
            expect_next(SIGUSR2, SI_TKILL, false, 0, "thread");
            expect_next(45, SI_QUEUE, true, value_of(70), "thread");
            expect_next(45, SI_QUEUE, true, value_of(71), "thread");
            expect_none("thread");
            turn = 0;
        }
    return NULL;
}

static void set_up(void)
{
    block_all();
    thread = spawn(receiver, NULL);
    send();
}

static void verify(void)
{
    expect_next(SIGUSR1, SI_USER, false, 0, "process");
    expect_next(SIGTERM, SI_USER, false, 0, "process");
    for (int signal = 36; signal <= 50; signal++)
        for (size_t i = 0; i < COUNT(queued); i++)
            if (queued[i] == signal)
                expect_next(signal, SI_QUEUE, true, value_of(i), "process");
    expect_none("process");
    turn = 1;
    expect(eventually(turn == 0), "the receiving thread does not answer");
    send();
}

TARGET(set_up, verify)
