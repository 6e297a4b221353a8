// A working directory that was deleted, with no descriptor that leads to it, below another deleted one.
#include "target.h"

static void set_up(void)
{
    must(mkdir(target_path("above"), 0700));
    must(mkdir(target_path("above/here"), 0711));
    must(chdir(target_path("above/here")));
    must(rmdir(target_path("above/here")));
    must(rmdir(target_path("above")));
}

static void verify(void)
{
    char path[PATH_MAX];
    struct stat here;
    must(stat(".", &here));
    expect(here.st_nlink == 0 && S_ISDIR(here.st_mode) && (here.st_mode & 0777) == 0711, "links %ld mode %o", (long)here.st_nlink, here.st_mode);
    expect(getcwd(path, sizeof path) == NULL && errno == ENOENT, "the deleted working directory has a name: %s", path);
    expect(open("new", O_CREAT | O_RDWR, 0600) == -1 && errno == ENOENT, "a file can be made in the deleted working directory");
    expect(access(target_path("above"), F_OK) == -1, "a deleted directory is back");
}

TARGET(set_up, verify)
