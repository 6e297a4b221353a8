// Processes that share memory, descriptors, directory and handlers, but are no threads of one another: each has its own pid, parent and stop.
#include "shared_vm.h"

enum { PARENT, CHILD, MEMBERS, OPENED = 200 };
static volatile int handlers_ran;

static void handler(int signal UNUSED) { handlers_ran++; }

static void prove(int i)
{
    char now[PATH_MAX];
    struct sigaction action;
    switch (board->phase) {
    case 1:
        if (i == CHILD && (getppid() != pid_of(PARENT) || getpid() != pid_of(CHILD)))
            vm_fail(i, "the child is process %d of %d", getpid(), getppid());
        break;
    case 2: // the child changes all
        if (i == CHILD) {
            dup2(1, OPENED);
            chdir("/usr") == 0 || (vm_fail(i, "chdir"), 0);
            umask(033);
            sigaction(SIGUSR2, &(struct sigaction) { .sa_handler = handler }, NULL);
        }
        break;
    case 3: // and the parent sees it
        if (i == PARENT) {
            expect(fcntl(OPENED, F_GETFD) == 0, "descriptors are not shared");
            expect(getcwd(now, sizeof now) && strcmp(now, "/usr") == 0 && umask(022) == 033, "the directory or the umask is not shared: %s", now);
            sigaction(SIGUSR2, NULL, &action);
            expect(action.sa_handler == handler, "handlers are not shared");
            close(OPENED);
            must(chdir("/"));
            signal(SIGUSR2, SIG_IGN);
        }
        break;
    }
}

static void set(int i UNUSED) { vm_clone(CHILD, CLONE_FILES | CLONE_FS | CLONE_SIGHAND | SIGCHLD, prove); }

static void set_up(void)
{
    family_open();
    family_fork(PARENT, set, prove);
    family_await_all(MEMBERS);
}

static void verify(void)
{
    static const int types[] = { KCMP_VM, KCMP_FILES, KCMP_FS, KCMP_SIGHAND };
    for (int t = 0; t < (int)COUNT(types); t++) {
        expect(same_object(pid_of(PARENT), pid_of(CHILD), types[t], 0, 0), "object %d is no longer shared", types[t]);
        expect(!same_object(board->root, pid_of(CHILD), types[t], 0, 0), "the root shares object %d", types[t]);
    }
    for (int phase = 1; phase <= 3; phase++)
        family_ask(phase);
    must(kill(pid_of(CHILD), SIGSTOP));
    expect(eventually(stat_of(pid_of(CHILD)).state == 'T') && stat_of(pid_of(PARENT)).state != 'T', "a stop of one stops the other");
    must(kill(pid_of(CHILD), SIGCONT));
    family_ask(1);
}

TARGET(set_up, verify)
