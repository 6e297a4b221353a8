// Children that execute other programs: each is still that program, with its arguments, and still does its work.
#include "family.h"

enum { CAT, SHELL, SLEEP, CHILDREN };
static const struct { const char *path, *arguments[5]; } programs[CHILDREN] = {
    { "/bin/cat", { "cat", "-", NULL } },
    { "/bin/sh", { "sh", "-c", "while read -r x; do echo \"$((x * x)) $$\"; done", NULL } },
    { "/bin/sleep", { "a renamed sleep", "86400", NULL } },
};
static pid_t pids[CHILDREN];
static int to[CHILDREN], from[CHILDREN];
static char executable[CHILDREN][PATH_MAX];

static void link_of(int i, char *target)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/exe", pids[i]);
    target[must(readlink(path, target, PATH_MAX - 1))] = 0;
}

static void start(int i)
{
    int in[2], out[2];
    must(pipe2(in, O_CLOEXEC));
    must(pipe2(out, O_CLOEXEC));
    pids[i] = must(fork());
    if (pids[i] == 0) {
        must(dup2(in[0], 0));
        must(dup2(out[1], 1));
        must(prctl(PR_SET_PDEATHSIG, SIGKILL)); // a sleep would stay
        execv(programs[i].path, (char **)programs[i].arguments);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    to[i] = in[1];
    from[i] = out[0];
}

static bool runs(int i)
{
    char path[64], name[64];
    snprintf(path, sizeof path, "/proc/%d/cmdline", pids[i]);
    slurp(path, name, sizeof name);
    return strcmp(name, programs[i].arguments[0]) == 0;
}

static void ask(int i, const char *line, const char *answer)
{
    char got[64] = "";
    must(write(to[i], line, strlen(line)));
    for (size_t used = 0; used < sizeof got - 1 && !strchr(got, '\n');) {
        ssize_t n = read(from[i], got + used, sizeof got - 1 - used);
        if (n <= 0)
            break;
        used += (size_t)n;
    }
    expect(strcmp(got, answer) == 0, "%s answers %s to %s", programs[i].path, got, line);
}

static void set_up(void)
{
    family_open();
    for (int i = 0; i < CHILDREN; i++)
        start(i);
    for (int i = 0; i < CHILDREN; i++) {
        expect(eventually(runs(i)), "%s does not start", programs[i].path);
        link_of(i, executable[i]);
    }
}

static void verify(void)
{
    char now[PATH_MAX], text[256], wanted[256], path[64];
    for (int i = 0; i < CHILDREN; i++) {
        link_of(i, now);
        expect(strcmp(now, executable[i]) == 0, "child %d executes %s, was %s", i, now, executable[i]);
        snprintf(path, sizeof path, "/proc/%d/cmdline", pids[i]);
        size_t length = slurp(path, text, sizeof text), at = 0;
        for (int a = 0; programs[i].arguments[a]; a++)
            at += (size_t)snprintf(wanted + at, sizeof wanted - at, "%s", programs[i].arguments[a]) + 1;
        expect(length == at && memcmp(text, wanted, at) == 0, "child %d has other arguments", i);
        expect(is_my_living_child(pids[i]), "child %d is lost", i);
    }
    ask(CAT, "a line\n", "a line\n");
    snprintf(wanted, sizeof wanted, "1764 %d\n", pids[SHELL]);
    ask(SHELL, "42\n", wanted);
}

TARGET(set_up, verify)
