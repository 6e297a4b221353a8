// Parents blocked in each kind of wait: they go on waiting, and each gets the child that ends, with its status.
#include "family.h"
#include <sys/resource.h>

// Parent k is member k; it blocks, so it can't be asked: values 0 turns, 1 let the child end, 2 its pid, 3 the wait's last result.
enum { WAIT4, WAITPID, WAITID_ALL, WAITID_PID, GROUP, STOPPED, NO_REAP, KINDS };
static int64_t seen[KINDS];

static _Noreturn void child(int kind, int64_t turn)
{
    volatile int64_t *go = &board->slot[kind].value[1];
    pid_t parent = getppid();
    if (kind == GROUP)
        must(setpgid(0, 0));
    while (*go != turn + 1 && !family_is_over(parent))
        sleep_ms(2);
    if (kind == STOPPED)
        kill(getpid(), SIGSTOP);
    _exit(100 + (int)turn % 50);
}

// One wait; whether it tells exactly what happened.
static bool wait_once(int kind, pid_t pid, int64_t turn)
{
    int status = 0, code = 100 + (int)turn % 50;
    siginfo_t info = { 0 };
    struct rusage usage = { 0 };
    switch (kind) {
    case WAIT4: return wait4(-1, &status, 0, &usage) == pid && WEXITSTATUS(status) == code;
    case WAITPID: return waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == code;
    case WAITID_ALL: return waitid(P_ALL, 0, &info, WEXITED) == 0 && info.si_pid == pid && info.si_code == CLD_EXITED && info.si_status == code;
    case WAITID_PID: return waitid(P_PID, (id_t)pid, &info, WEXITED | WSTOPPED | WCONTINUED) == 0 && info.si_pid == pid && info.si_status == code;
    case GROUP: return waitpid(-pid, &status, 0) == pid && WEXITSTATUS(status) == code;
    case STOPPED:
        if (waitpid(pid, &status, WUNTRACED) != pid || !WIFSTOPPED(status) || WSTOPSIG(status) != SIGSTOP || kill(pid, SIGCONT) != 0)
            return false;
        return waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == code;
    default: return waitid(P_ALL, 0, &info, WEXITED | WNOWAIT) == 0 && info.si_pid == pid && waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == code;
    }
}

static void set(int kind)
{
    pid_t parent = getppid();
    for (int64_t turn = 0; !family_is_over(parent); turn++) {
        pid_t pid = must(fork());
        if (pid == 0)
            child(kind, turn);
        if (kind == GROUP)
            expect(eventually(getpgid(pid) == pid), "no group");
        board->slot[kind].value[2] = pid;
        shared_store(board->slot[kind].ready, 1);
        errno = 0;
        board->slot[kind].value[3] = wait_once(kind, pid, turn) ? 0 : errno ? errno : -1;
        board->slot[kind].value[0]++;
    }
    _exit(0);
}

static void set_up(void)
{
    family_start(KINDS, set, NULL);
    sleep_ms(50);
}

static void verify(void)
{
    for (int k = 0; k < KINDS; k++)
        expect(value_of(k, 0) == seen[k], "wait %d ended by itself: %ld", k, (long)value_of(k, 3));
    for (int k = 0; k < KINDS; k++)
        board->slot[k].value[1] = ++seen[k];
    for (int k = 0; k < KINDS; k++) {
        expect(eventually(value_of(k, 0) == seen[k]), "wait %d does not come back", k);
        expect(value_of(k, 3) == 0, "wait %d gave the wrong thing: %ld", k, (long)value_of(k, 3));
    }
    sleep_ms(50); // all blocked again
}

TARGET(set_up, verify)
