// A signalfd that several processes have: one mask for all, and each reads what is pending for itself.
#include "family.h"
#include <sys/signalfd.h>

enum { MEMBERS = 3 };
static int fd;

static sigset_t set_of(int one, int other)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, one);
    if (other)
        sigaddset(&set, other);
    return set;
}

static void look(int i)
{
    struct signalfd_siginfo info = { 0 };
    expect(read(fd, &info, sizeof info) == sizeof info && info.ssi_signo == (uint32_t)(40 + i + 1) && info.ssi_int == 700 + i && info.ssi_pid == (uint32_t)board->root,
        "process %d reads signal %u, value %d from %u", i, info.ssi_signo, info.ssi_int, info.ssi_pid);
    expect(read(fd, &info, sizeof info) == -1 && errno == EAGAIN, "process %d reads signal %u too", i, info.ssi_signo);
}

static void prove(int i)
{
    if (board->phase == 0)
        look(i);
    if (board->phase == 1 && i == 0) { // another mask, for all
        sigset_t set = set_of(50, 51);
        must(signalfd(fd, &set, 0));
    }
    if (board->phase == 2 && i == 1) {
        struct signalfd_siginfo info = { 0 };
        must(kill(getpid(), 51));
        must(kill(getpid(), 41));
        expect(read(fd, &info, sizeof info) == sizeof info && info.ssi_signo == 51 && read(fd, &info, sizeof info) == -1, "the mask of member 1 is its own");
        sigset_t set = set_of(41, 0);
        sigtimedwait(&set, NULL, &(struct timespec) { 0, 0 });
    }
}

static void send(void)
{
    sigset_t set = set_of(40, 41);
    sigaddset(&set, 42);
    sigaddset(&set, 43);
    must(signalfd(fd, &set, 0));
    for (int i = -1; i < MEMBERS; i++)
        must(sigqueue(pid_of(i), 40 + i + 1, (union sigval) { .sival_int = 700 + i }));
}

static void set_up(void)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    sigset_t set = set_of(40, 41);
    fd = must(signalfd(-1, &set, SFD_NONBLOCK));
    family_start(MEMBERS, NULL, prove);
    send();
}

static void verify(void)
{
    look(-1);
    family_ask(0);
    family_ask(1);
    family_ask(2);
    for (int i = 0; i < MEMBERS; i++)
        expect(same_object(board->root, pid_of(i), KCMP_FILE, (unsigned long)fd, (unsigned long)fd), "member %d has another signalfd", i);
    send();
}

TARGET(set_up, verify)
