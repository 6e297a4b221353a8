// signalfd: its mask, and a signal that is pending for it.
#include "target.h"
#include <sys/signalfd.h>

static int fd;

static void send(void)
{
    must(sigqueue(getpid(), 44, (union sigval) { .sival_int = 4711 }));
    must(kill(getpid(), SIGUSR1));
    must(kill(getpid(), SIGUSR2)); // blocked, but not in the descriptor's mask
}

static void set_up(void)
{
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR1);
    sigaddset(&mask, 44);
    fd = must(signalfd(-1, &mask, SFD_NONBLOCK | SFD_CLOEXEC));
    sigaddset(&mask, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &mask, NULL);
    send();
}

static void verify(void)
{
    struct signalfd_siginfo info;
    expect(read(fd, &info, sizeof info) == sizeof info && info.ssi_signo == SIGUSR1 && info.ssi_pid == (uint32_t)getpid(), "the first signal is %u", info.ssi_signo);
    expect(read(fd, &info, sizeof info) == sizeof info && info.ssi_signo == 44 && info.ssi_int == 4711, "the second signal is %u with %d", info.ssi_signo, info.ssi_int);
    expect(read(fd, &info, sizeof info) == -1 && errno == EAGAIN, "a third signal comes: %u", info.ssi_signo);
    sigset_t other;
    sigemptyset(&other);
    sigaddset(&other, SIGUSR2);
    expect(sigtimedwait(&other, NULL, &(struct timespec) { 0, 0 }) == SIGUSR2, "SIGUSR2 is not pending");
    send();
}

TARGET(set_up, verify)
