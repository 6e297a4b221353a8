// Each process's own umask and working directory, which differ from its parent's.
#include "family.h"

enum { MEMBERS = 6 };

static mode_t mask_for(int i) { return (mode_t)(i < 0 ? 027 : i * 011); }
static const char *directory_for(int i)
{
    static char name[32];
    snprintf(name, sizeof name, "work%d", i);
    return i % 3 == 2 ? "/usr" : i < 0 || i % 3 == 1 ? "/" : target_path(name);
}

static void look(int i)
{
    char now[PATH_MAX];
    mode_t mask = umask(0777);
    umask(mask);
    expect(mask == mask_for(i), "process %d has umask %o", i, mask);
    expect(getcwd(now, sizeof now) && strcmp(now, directory_for(i)) == 0, "process %d works in %s", i, now);
    char name[64];
    snprintf(name, sizeof name, "made by %d", i);
    int fd = must(open(target_path(name), O_CREAT | O_WRONLY | O_TRUNC, 0777));
    struct stat status;
    must(fstat(fd, &status));
    close(fd);
    must(unlink(target_path(name)));
    expect((status.st_mode & 0777) == (mode_t)(0777 & ~mask_for(i)), "a file of process %d gets mode %o", i, status.st_mode);
}

static void set(int i)
{
    if (i % 3 == 0)
        must(mkdir(directory_for(i), 0700));
    must(chdir(directory_for(i)));
    umask(mask_for(i));
    if (i + 1 < MEMBERS)
        family_fork(i + 1, set, look);
}

static void set_up(void)
{
    family_open();
    family_fork(0, set, look);
    family_await_all(MEMBERS);
    must(chdir("/"));
    umask(mask_for(-1));
}

static void verify(void)
{
    look(-1);
    family_verify();
}

TARGET(set_up, verify)
