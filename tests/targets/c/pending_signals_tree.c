// Pending signals of several processes that have them from each other and from the root, for a whole process and for one thread: exactly these, each
// with its sender and value, real-time ones in order.
#include "family.h"

enum { MEMBERS = 3, VALUES = 3 };
static volatile int turn;
static volatile pid_t receiver_id;

static void block_all(void)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
}

static int64_t value_for(int from, int to, int n) { return (int64_t)mix(from * 100 + to * 10 + n); }

// What process `from` sends to member `to`.
static void send_to(int from, int to)
{
    pid_t pid = pid_of(to), tid = (pid_t)value_of(to, 0);
    must(kill(pid, from < 0 ? SIGUSR1 : SIGWINCH)); // SIGWINCH, which does nothing by default, is blocked and so kept
    for (int n = 0; n < VALUES; n++)
        must(sigqueue(pid, 40 + n % 2, (union sigval) { .sival_ptr = (void *)value_for(from, to, n) }));
    must(syscall(SYS_tgkill, pid, tid, from < 0 ? SIGTERM : SIGUSR2));
    siginfo_t info = { .si_signo = 50, .si_code = SI_QUEUE, .si_pid = getpid(), .si_uid = getuid() };
    info.si_value.sival_ptr = (void *)value_for(from, to, 7);
    must(syscall(SYS_rt_tgsigqueueinfo, pid, tid, 50, &info));
}

static void expect_next(int signal, int code, int from, int64_t value)
{
    sigset_t wanted;
    siginfo_t info = { 0 };
    sigemptyset(&wanted);
    sigaddset(&wanted, signal);
    // Not the C library's sigtimedwait, which hides SI_TKILL.
    int found = (int)syscall(SYS_rt_sigtimedwait, &wanted, &info, &(struct timespec) { 0, 0 }, 8);
    expect(found == signal, "signal %d is not pending", signal);
    expect(info.si_code == code && info.si_pid == pid_of(from) && info.si_uid == getuid(), "signal %d: code %d pid %d uid %d", signal, info.si_code, info.si_pid,
        info.si_uid);
    expect(code != SI_QUEUE || (int64_t)(intptr_t)info.si_value.sival_ptr == value, "signal %d has another value", signal);
}

static void expect_none(const char *where)
{
    sigset_t all;
    siginfo_t info = { 0 };
    sigfillset(&all);
    int found = sigtimedwait(&all, &info, &(struct timespec) { 0, 0 });
    expect(found == -1, "signal %d (code %d, from %d) is left for the %s", found, info.si_code, info.si_pid, where);
}

static int sender_of(int me) { return (me + 1) % MEMBERS; }

static void *receive(void *argument UNUSED)
{
    board->slot[family_me].value[0] = receiver_id = (pid_t)syscall(SYS_gettid);
    for (;; sleep_ms(2))
        if (turn) {
            int from[] = { -1, sender_of(family_me) };
            expect_next(SIGTERM, SI_TKILL, from[0], 0);
            expect_next(SIGUSR2, SI_TKILL, from[1], 0);
            for (int f = 0; f < 2; f++)
                expect_next(50, SI_QUEUE, from[f], value_for(from[f], family_me, 7));
            expect_none("thread");
            turn = 0;
        }
    return NULL;
}

static void prove(int i)
{
    int from[] = { -1, sender_of(i) };
    if (board->phase == 1) { // the root has sent
        send_to(i, (i + MEMBERS - 1) % MEMBERS);
        return;
    }
    expect_next(SIGUSR1, SI_USER, from[0], 0);
    expect_next(SIGWINCH, SI_USER, from[1], 0);
    for (int signal = 40; signal < 42; signal++)
        for (int f = 0; f < 2; f++)
            for (int n = 0; n < VALUES; n++)
                if (40 + n % 2 == signal)
                    expect_next(signal, SI_QUEUE, from[f], value_for(from[f], i, n));
    expect_none("process");
    turn = 1;
    expect(eventually(turn == 0), "the receiving thread does not answer");
}

static void set(int i UNUSED)
{
    spawn(receive, NULL);
    expect(eventually(receiver_id != 0), "no thread");
}

static void send_all(void)
{
    for (int i = 0; i < MEMBERS; i++)
        send_to(-1, i);
    family_ask(1);
}

static void set_up(void)
{
    block_all();
    family_start(MEMBERS, set, prove);
    send_all();
}

static void verify(void)
{
    family_ask(0);
    send_all();
}

TARGET(set_up, verify)
