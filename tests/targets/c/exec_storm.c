// Children that execute a new program all the time, under the same pid, in different states while they do: nothing is lost or done twice.
#include "family.h"

enum { PLAIN, THREADED, CHILDREN };
static pid_t pids[CHILDREN];
static long seen[CHILDREN];

// Each run writes the next number, and executes itself with it. The last two arguments never change.
static const char script[] =
    "n=$1; echo $((n + 1)) > $2.new || exit 1; mv $2.new $2; [ $PPID -eq $3 ] || exit 0; exec sh -c \"$4\" sh $((n + 1)) $2 $3 \"$4\"";

static long count_of(int i)
{
    char name[32], text[64];
    snprintf(name, sizeof name, "count%d", i);
    slurp(target_path(name), text, sizeof text);
    return atol(text);
}

static void *idle(void *argument UNUSED)
{
    for (;;)
        pause();
    return NULL;
}

// The child is this program again: with a thread that the exec ends, and from another thread than the first.
static void *execute(void *argument)
{
    execv("/proc/self/exe", argument);
    _exit(127);
}

static _Noreturn void threaded(char **argv)
{
    char path[PATH_MAX + 64], text[32];
    long n = atol(argv[2]) + 1;
    pid_t pid = getpid(), root = atoi(argv[4]);
    if (atoi(argv[5]) != pid || syscall(SYS_gettid) != pid || getppid() != root)
        _exit(3);
    snprintf(path, sizeof path, "%s.new", argv[3]);
    snprintf(text, sizeof text, "%ld\n", n);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, text, strlen(text)) < 0 || close(fd) != 0 || rename(path, argv[3]) != 0)
        _exit(4);
    snprintf(text, sizeof text, "%ld", n);
    argv[2] = text;
    spawn(idle, NULL);
    nanosleep(&(struct timespec) { 0, 2000000 }, NULL);
    spawn(execute, argv);
    for (;;)
        pause();
}

static void start(int i)
{
    char name[32], root[32], self[32];
    snprintf(name, sizeof name, "count%d", i);
    snprintf(root, sizeof root, "%d", board->root);
    char *path = strdup(target_path(name));
    pids[i] = must(fork());
    if (pids[i] == 0) {
        snprintf(self, sizeof self, "%d", getpid());
        if (i == PLAIN)
            execl("/bin/sh", "sh", "-c", script, "sh", "0", path, root, script, NULL);
        else
            execl("/proc/self/exe", "exec-again", "--exec-again", "0", path, root, self, NULL);
        _exit(127);
    }
}

static void set_up(void)
{
    family_open();
    for (int i = 0; i < CHILDREN; i++)
        start(i);
    for (int i = 0; i < CHILDREN; i++)
        expect(eventually(count_of(i) > 3), "child %d does not start", i);
}

static void verify(void)
{
    for (int i = 0; i < CHILDREN; i++) {
        long now = count_of(i);
        expect(now >= seen[i], "child %d went back from %ld to %ld", i, seen[i], now);
        expect(eventually(count_of(i) > now + 3), "child %d has stopped at %ld", i, now);
        expect(is_my_living_child(pids[i]), "child %d is gone", i);
        seen[i] = count_of(i);
    }
}

int main(int argc, char **argv)
{
    if (argc == 6 && strcmp(argv[1], "--exec-again") == 0)
        threaded(argv);
    return target_run(argc, argv, set_up, verify);
}
