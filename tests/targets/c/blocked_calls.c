// Threads blocked without a time limit (read of a pipe, eventfd, socket; accept; pause; sigsuspend; sigwaitinfo; write to a full pipe):
// each goes on waiting without an error, and ends as it should when its event comes. No call but sigwaitinfo may say EINTR.
#include "sockets.h"
#include <sys/eventfd.h>

enum { PIPE, EVENTFD, SOCKET, ACCEPT, PAUSE, SIGSUSPEND, SIGWAIT, FULL, KINDS };
static volatile long turns[KINDS];
static long seen[KINDS];
static pthread_t thread[KINDS];
static int ends[2], event, pair[2], listener, full[2];
static volatile int handled[KINDS];
static volatile pid_t pausing;

static void handler(int signal) { handled[signal == SIGUSR1 ? PAUSE : SIGSUSPEND]++; }

static void *block(void *argument)
{
    int kind = (int)(intptr_t)argument;
    sigset_t set;
    sigfillset(&set);
    sigdelset(&set, SIGUSR2);
    if (kind == PAUSE)
        pausing = (pid_t)syscall(SYS_gettid);
    for (;; turns[kind]++) {
        char byte = 0;
        uint64_t count = 0;
        long result, want = 1;
        switch (kind) {
        case PIPE: result = read(ends[0], &byte, 1); break;
        case EVENTFD: result = read(event, &count, 8), want = 8; break;
        case SOCKET: result = recv(pair[0], &byte, 1, 0); break;
        case ACCEPT: result = accept(listener, NULL, NULL); if (result >= 0) { close((int)result); result = 1; } break;
        case PAUSE: result = pause() == -1 && errno == EINTR && handled[PAUSE] == turns[PAUSE] + 1; break;
        case SIGSUSPEND: result = sigsuspend(&set) == -1 && errno == EINTR && handled[SIGSUSPEND] == turns[SIGSUSPEND] + 1; break;
        case SIGWAIT:
            sigemptyset(&set);
            sigaddset(&set, SIGRTMIN + 5);
            while ((result = sigwaitinfo(&set, NULL)) == -1 && errno == EINTR)
                ;
            want = SIGRTMIN + 5;
            break;
        default: result = write(full[1], "y", 1); break;
        }
        expect(result == want, "blocked call %d gives %ld, %s", kind, result, strerror(errno));
    }
    return NULL;
}

// A signal that comes before pause() begins would not end it.
static bool pauses(void)
{
    char path[64], text[256];
    snprintf(path, sizeof path, "/proc/self/task/%d/syscall", pausing);
    return pausing != 0 && slurp(path, text, sizeof text) > 0 && text[0] != 'r' && atol(text) == SYS_pause;
}

static void set_up(void)
{
    static char filler[65536];
    must(sigaction(SIGUSR1, &(struct sigaction) { .sa_handler = handler }, NULL));
    must(sigaction(SIGUSR2, &(struct sigaction) { .sa_handler = handler }, NULL));
    must(pipe(ends));
    must(pipe(full));
    must(write(full[1], filler, sizeof filler));
    event = must(eventfd(0, 0));
    must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    listener = must(socket(AF_UNIX, SOCK_STREAM, 0));
    struct sockaddr_un name = unix_address("sock");
    must(bind(listener, (struct sockaddr *)&name, sizeof name));
    must(listen(listener, 5));
    sigset_t blocked, old;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR2);
    sigaddset(&blocked, SIGRTMIN + 5);
    pthread_sigmask(SIG_BLOCK, &blocked, &old);
    for (int i = 0; i < KINDS; i++)
        thread[i] = spawn(block, (void *)(intptr_t)i);
    sleep_ms(100);
    expect(eventually(pauses()), "the thread does not pause");
}

static void verify(void)
{
    static char drain[65536];
    for (int i = 0; i < KINDS; i++)
        expect(turns[i] == seen[i], "blocked call %d ended by itself", i);
    must(write(ends[1], "x", 1));
    must(write(event, &(uint64_t) { 3 }, 8));
    must(send(pair[1], "x", 1, 0));
    int client = must(socket(AF_UNIX, SOCK_STREAM, 0));
    struct sockaddr_un name = unix_address("sock");
    if (connect(client, (struct sockaddr *)&name, sizeof name) != 0)
        fail("connect: %s", strerror(errno));
    close(client);
    pthread_kill(thread[PAUSE], SIGUSR1);
    pthread_kill(thread[SIGSUSPEND], SIGUSR2);
    pthread_kill(thread[SIGWAIT], SIGRTMIN + 5);
    must(read(full[0], drain, 4096));
    expect(eventually(turns[FULL] > seen[FULL]), "blocked call %d does not come back", FULL);
    for (int i = 0; i < KINDS; i++)
        expect(eventually(turns[i] > seen[i]), "blocked call %d does not come back", i);
    sleep_ms(100); // all blocked again; the writer has filled the pipe
    expect(eventually(pauses()), "the thread does not pause");
    must(fcntl(full[1], F_GETFL));
    for (int i = 0; i < KINDS; i++)
        seen[i] = turns[i];
}

TARGET(set_up, verify)
