// Zombies of parents that ignore SIGCHLD since, or have SA_NOCLDWAIT since: these stay, and only children that end from now on are gone at once.
#include "zombies.h"

static void ignore(int i)
{
    struct sigaction ignored = { .sa_handler = i == 0 ? SIG_IGN : SIG_DFL, .sa_flags = i == 0 ? 0 : SA_NOCLDWAIT };
    must(sigaction(SIGCHLD, &ignored, NULL));
}

static void set(int i)
{
    zombies_make();
    ignore(i);
}

static void prove(int i)
{
    struct sigaction now;
    zombies_prove();
    must(sigaction(SIGCHLD, NULL, &now));
    expect(i == 0 ? now.sa_handler == SIG_IGN : (now.sa_flags & SA_NOCLDWAIT) != 0, "member %d no longer ignores its children", i);
    pid_t child = must(fork());
    if (child == 0)
        _exit(1);
    expect(waitpid(child, NULL, 0) == -1 && errno == ECHILD, "a child of member %d became a zombie", i);
    now.sa_handler = SIG_DFL;
    now.sa_flags = 0;
    must(sigaction(SIGCHLD, &now, NULL));
    zombies_make();
    ignore(i);
}

static void set_up(void) { family_start(2, set, prove); }

TARGET(set_up, family_verify)
