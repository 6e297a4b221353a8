// Signal-driven input (O_ASYNC) of pipes and sockets, with F_SETSIG, owned by the process, by its group, and by one thread.
#include "target.h"
#include <sys/socket.h>
#include <sys/ioctl.h>

enum { PROCESS, GROUP, THREAD, PLAIN, COUNT_OF };
static int in[COUNT_OF], out[COUNT_OF];
static _Atomic int told[COUNT_OF];
static _Atomic pid_t told_thread, thread;
static _Atomic int plain;

static void on_input(int signal, siginfo_t *info, void *context)
{
    (void)signal, (void)context;
    for (int i = 0; i < COUNT_OF; i++)
        if (in[i] == info->si_fd) {
            told[i]++;
            if (i == THREAD)
                told_thread = (pid_t)syscall(SYS_gettid);
        }
}

static void on_plain(int signal)
{
    (void)signal;
    plain++;
}

static void *body(void *unused)
{
    thread = (pid_t)syscall(SYS_gettid);
    for (;;)
        sleep_ms(1000);
    return unused;
}

static void set_up(void)
{
    int ends[2];
    struct sigaction action = { .sa_sigaction = on_input, .sa_flags = SA_SIGINFO | SA_RESTART };
    must(sigaction(SIGRTMIN + 2, &action, NULL));
    struct sigaction other = { .sa_handler = on_plain, .sa_flags = SA_RESTART };
    must(sigaction(SIGIO, &other, NULL));
    spawn(body, NULL);
    expect(eventually(thread != 0), "there is no thread");
    // A group of its own, to be its owner.
    if (getpgrp() != getpid() && setpgid(0, 0) != 0)
        skip("the process can lead no group");
    for (int i = 0; i < COUNT_OF; i++) {
        must(i == GROUP ? socketpair(AF_UNIX, SOCK_STREAM, 0, ends) : pipe(ends));
        in[i] = ends[0];
        out[i] = ends[1];
        struct f_owner_ex owner = { i == GROUP ? F_OWNER_PGRP : i == THREAD ? F_OWNER_TID : F_OWNER_PID, i == THREAD ? thread : getpid() };
        must(fcntl(in[i], F_SETOWN_EX, &owner));
        if (i != PLAIN)
            must(fcntl(in[i], F_SETSIG, SIGRTMIN + 2));
        must(fcntl(in[i], F_SETFL, O_ASYNC | O_NONBLOCK));
    }
}

static void verify(void)
{
    for (int i = 0; i < COUNT_OF; i++) {
        struct f_owner_ex owner;
        must(fcntl(in[i], F_GETOWN_EX, &owner));
        enum __pid_type type = i == GROUP ? F_OWNER_PGRP : i == THREAD ? F_OWNER_TID : F_OWNER_PID;
        expect(owner.type == type && owner.pid == (i == THREAD ? thread : getpid()), "the owner of %d is %d of type %d", i, owner.pid, owner.type);
        expect(fcntl(in[i], F_GETSIG) == (i == PLAIN ? 0 : SIGRTMIN + 2), "the signal of %d is %d", i, fcntl(in[i], F_GETSIG));
        int flags = fcntl(in[i], F_GETFL);
        expect((flags & (O_ASYNC | O_NONBLOCK)) == (O_ASYNC | O_NONBLOCK), "the flags of %d are %x", i, flags);
        expect(!(fcntl(out[i], F_GETFL) & O_ASYNC), "the other end of %d is driven by signals too", i);
        _Atomic int *count = i == PLAIN ? &plain : &told[i];
        expect(*count == 0, "%d was told of nothing %d times", i, *count);
        char byte = 0;
        must(write(out[i], &byte, 1));
        expect(eventually(*count > 0), "nobody was told of input to %d", i);
        must(read(in[i], &byte, 1));
        // A socket may tell more than once of what it does, but does it before its calls return.
        *count = 0;
    }
    expect(told_thread == thread, "thread %d was told, not %d", told_thread, thread);
}

TARGET(set_up, verify)
