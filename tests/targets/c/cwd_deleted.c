// Working directories that are deleted: alone, with the directory above, and with another of the same name in their place; one is shared by two
// processes as the same directory.
#include "family.h"

enum { ALONE, SAME, NESTED, REPLACED, LIVING, MEMBERS };

static void enter(int i)
{
    char name[32];
    snprintf(name, sizeof name, "dir%d", i == SAME ? ALONE : i);
    if (i == NESTED) {
        must(mkdir(target_path(name), 0750));
        must(mkdir(target_path("dir2/below"), 0710));
        must(chdir(target_path("dir2/below")));
        must(rmdir(target_path("dir2/below")));
        must(rmdir(target_path(name)));
        return;
    }
    if (i != SAME)
        must(mkdir(target_path(name), 0750));
    must(chdir(target_path(name)));
    if (i == REPLACED) {
        must(rmdir(target_path(name)));
        must(mkdir(target_path(name), 0700));
        close(must(open(target_path("dir3/new"), O_CREAT | O_WRONLY, 0600)));
    }
    if (i == LIVING)
        close(must(open("mine", O_CREAT | O_WRONLY, 0600)));
}

static void prove(int i)
{
    char path[PATH_MAX], link[PATH_MAX];
    struct stat here, replaced;
    ssize_t length = must(readlink("/proc/self/cwd", link, sizeof link - 1));
    link[length] = 0;
    must(stat(".", &here));
    if (i == LIVING) {
        expect(access("mine", F_OK) == 0 && here.st_nlink > 0 && getcwd(path, sizeof path), "the living directory is lost: %s", link);
        return;
    }
    expect(getcwd(path, sizeof path) == NULL && errno == ENOENT, "the deleted directory of member %d has the name %s", i, path);
    expect(length > 10 && strcmp(link + length - 10, " (deleted)") == 0, "member %d works in %s", i, link);
    expect(here.st_nlink == 0, "the deleted directory of member %d has %lu links", i, (unsigned long)here.st_nlink);
    expect((here.st_mode & 07777) == (i == NESTED ? 0710 : 0750), "the deleted directory of member %d has mode %o", i, here.st_mode);
    expect(open("file", O_CREAT | O_WRONLY, 0600) == -1 && errno == ENOENT, "the deleted directory of member %d can be written", i);
    expect(access("new", F_OK) == -1, "member %d is in the new directory of the name", i);
    if (i == REPLACED)
        expect(stat(target_path("dir3/new"), &replaced) == 0, "the directory that took the name is gone");
    else
        expect(access(target_path(i == NESTED ? "dir2" : "dir0"), F_OK) == -1, "the deleted directory of member %d is back", i);
    board->slot[i].value[0] = (int64_t)here.st_ino;
}

static void set_up(void)
{
    umask(0);
    family_open();
    for (int i = 0; i < MEMBERS; i++) {
        family_fork(i, enter, prove);
        family_await(i);
    }
    family_await_all(MEMBERS);
    must(rmdir(target_path("dir0")));
}

static void verify(void)
{
    family_verify();
    expect(value_of(ALONE, 0) == value_of(SAME, 0), "two processes in one deleted directory are in two");
}

TARGET(set_up, verify)
