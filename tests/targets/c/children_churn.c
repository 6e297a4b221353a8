// Members that make and reap children all the time, in several ways: every child is reaped exactly once with its own status.
#include "family.h"
#include <spawn.h>

enum { FORK, EXEC, SPAWN, MANY, NESTED, MEMBERS, AT_ONCE = 6 };
static volatile int64_t turns;

static bool ended_with(pid_t pid, int code)
{
    int status = 0;
    pid_t got;
    while ((got = waitpid(pid, &status, 0)) == -1 && errno == EINTR)
        ;
    expect(got == pid && WIFEXITED(status) && WEXITSTATUS(status) == code, "member %d: waiting for %d gives %d, status %x, not %d", family_me, pid, got, status, code);
    return got == pid;
}

static void one_turn(int kind, int code)
{
    pid_t pid, pids[AT_ONCE];
    char number[8], *arguments[] = { "sh", "-c", "exit $0", number, NULL };
    snprintf(number, sizeof number, "%d", code);
    switch (kind) {
    case FORK:
        if ((pid = must(fork())) == 0)
            _exit(code);
        ended_with(pid, code);
        break;
    case EXEC:
        if ((pid = must(fork())) == 0) {
            execv("/bin/sh", arguments);
            _exit(127);
        }
        ended_with(pid, code);
        break;
    case SPAWN:
        expect(posix_spawn(&pid, "/bin/sh", NULL, NULL, arguments, NULL) == 0, "posix_spawn");
        ended_with(pid, code);
        break;
    case MANY:
        for (int c = 0; c < AT_ONCE; c++)
            if ((pids[c] = must(fork())) == 0) {
                sleep_ms(c % 3);
                _exit((code + c) % 100);
            }
        for (int c = AT_ONCE - 1; c >= 0; c--)
            ended_with(pids[c], (code + c) % 100);
        break;
    default: // a child with a child
        if ((pid = must(fork())) == 0) {
            int status = 0;
            pid_t inner = must(fork());
            if (inner == 0)
                _exit(code);
            while (waitpid(inner, &status, 0) == -1 && errno == EINTR)
                ;
            _exit(WEXITSTATUS(status));
        }
        ended_with(pid, code);
    }
}

static void *churn(void *argument)
{
    for (;; turns++) {
        one_turn((int)(intptr_t)argument, (int)(turns % 100));
        sleep_ms(3);
    }
    return NULL;
}

static void set(int i) { spawn(churn, (void *)(intptr_t)i); }

static void prove(int i)
{
    int64_t before = turns;
    expect(eventually(turns > before + 2), "member %d makes no more children", i);
}

static void set_up(void) { family_start(MEMBERS, set, prove); }

TARGET(set_up, family_verify)
