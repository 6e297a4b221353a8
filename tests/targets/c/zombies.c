// Zombies of the root and of a child: exit codes and deaths by signals exactly as waitid tells them, names, groups and sessions.
#include "zombies.h"

static void set(int i UNUSED) { zombies_make(); }

static void prove(int i UNUSED)
{
    zombies_prove();
    expect(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD, "another child is there");
    zombies_make();
}

static void set_up(void)
{
    family_start(1, set, prove);
    zombies_make();
}

static void verify(void)
{
    zombies_prove();
    zombies_make();
    family_verify();
}

TARGET(set_up, verify)
