// A filter that children inherit, threads whose chains are one (SECCOMP_FILTER_FLAG_TSYNC demands that), a process that has given up its
// privilege behind its filter, and one in strict mode, which may only read, write and end.
// rungs: root - only CAP_SYS_ADMIN of the first user namespace may read filters
#include "family.h"
#include "seccomp.h"

enum { INHERITS, SYNCS, DROPPED, MEMBERS };
static int ask[2], answer[2], before[2] = { -1, -1 };

static void *second_thread(void *argument)
{
    (void)argument;
    for (;;)
        pause();
    return NULL;
}

static void member_set_up(int i)
{
    if (i == SYNCS) {
        filter_with(0, FAILS(MARKER_B, 72));
        spawn(second_thread, NULL);
    }
    if (i == DROPPED) {
        must(syscall(SYS_setgroups, 0, NULL));
        must(setresgid(12345, 12345, 12345));
        must(prctl(PR_SET_KEEPCAPS, 1));
        must(setresuid(12345, 12345, 12345));
        // CAP_SYS_ADMIN for the filter, and CAP_KILL to look for the root of the family later.
        uint32_t header[] = { 0x20080522, 0 }, admin[6] = { 1u << 21 | 1u << 5, 1u << 21 | 1u << 5 }, later[6] = { 1u << 5, 1u << 5 };
        must(syscall(SYS_capset, header, admin));
        filter_with(0, FAILS(MARKER_B, 75));
        must(syscall(SYS_capset, header, later));
    }
    seccomp_status(&before[0], &before[1]);
}

static void prove(int i)
{
    int a = error_of(MARKER_A), b = error_of(MARKER_B), mode, filters;
    int wanted = i == SYNCS ? 72 : i == DROPPED ? 75 : 0;
    expect(a == 71 && b == wanted, "filters answer %d and %d, should be 71 and %d", a, b, wanted);
    seccomp_status(&mode, &filters);
    expect(mode == 2 && filters == before[1], "%d filters in mode %d, was %d", filters, mode, before[1]);
    if (i == SYNCS) {
        const struct rule nothing = FAILS(-1, 1);
        long stranger = seccomp_filter(SECCOMP_FILTER_FLAG_TSYNC, &nothing, 1);
        expect(stranger == 0, "thread %ld has a chain of its own", stranger);
        before[1]++;
    }
    if (i == DROPPED)
        expect(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0, "no_new_privs is set");
}

static void strict(void)
{
    char number;
    close(ask[1]);
    must(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT));
    while (read(ask[0], &number, 1) == 1 && write(answer[1], &(char) { (char)(number + 1) }, 1) == 1)
        ;
    syscall(SYS_exit, 0);
}

static void end_strict(void) { close(ask[1]); }

static void set_up(void)
{
    must(pipe(ask));
    must(pipe(answer));
    pid_t child = must(fork());
    if (child == 0)
        strict();
    family_open();
    filter_with(0, FAILS(MARKER_A, 71));
    for (int i = 0; i < MEMBERS; i++)
        family_fork(i, member_set_up, prove);
    family_await_all(MEMBERS);
    atexit(end_strict);
}

static void verify(void)
{
    static char number;
    char got = 0;
    must(write(ask[1], &number, 1));
    expect(read(answer[0], &got, 1) == 1 && got == (char)(number + 1), "strict mode answers %d to %d", got, number);
    number++;
    family_verify();
}

TARGET(set_up, verify)
