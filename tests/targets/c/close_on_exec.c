// Close-on-exec belongs to a descriptor, not to the description: each process has its own, and exec closes exactly those.
#include "family.h"

enum { MEMBERS = 2, FIRST = 60, NUMBERS = 6 };
static bool closes(int i, int n) { return (0x2d ^ (i + 1) * 0x13) >> n & 1; }

static void mark(int i)
{
    for (int n = 0; n < NUMBERS; n++)
        must(fcntl(FIRST + n, F_SETFD, closes(i, n) ? FD_CLOEXEC : 0));
}

static void look(int i)
{
    for (int n = 0; n < NUMBERS; n++)
        expect(fcntl(FIRST + n, F_GETFD) == (closes(i, n) ? FD_CLOEXEC : 0), "descriptor %d of process %d", n, i);
    char script[512] = "true";
    for (int n = 0; n < NUMBERS; n++) {
        size_t used = strlen(script);
        snprintf(script + used, sizeof script - used, " && [ %s -e /proc/$$/fd/%d ]", closes(i, n) ? "!" : "", FIRST + n);
    }
    pid_t child = must(fork());
    if (child == 0) {
        execl("/bin/sh", "sh", "-c", script, NULL);
        _exit(127);
    }
    int status = 0;
    expect(waitpid(child, &status, 0) == child && status == 0, "exec in process %d closes others: %x", i, status);
}

static void set_up(void)
{
    int file = must(open(target_path("file"), O_RDWR | O_CREAT, 0600)), ends[2];
    must(pipe(ends));
    for (int n = 0; n < NUMBERS; n++)
        must(dup2(n % 3 == 0 ? file : ends[n % 3 - 1], FIRST + n));
    family_start(MEMBERS, mark, look);
    mark(-1);
}

static void verify(void)
{
    look(-1);
    family_verify();
}

TARGET(set_up, verify)
