// The file mode mask, the working directory and the root.
#include "target.h"

static void set_up(void)
{
    must(mkdir(target_path("a dir"), 0755));
    must(chdir(target_path("a dir")));
    umask(0136);
}

static void verify(void)
{
    char here[PATH_MAX], link[PATH_MAX] = "";
    expect(getcwd(here, sizeof here) && strcmp(here, target_path("a dir")) == 0, "the working directory is %s", here);
    expect(readlink("/proc/self/root", link, sizeof link - 1) == 1 && link[0] == '/', "the root is %s", link);
    unlink("made here");
    int fd = must(open("made here", O_CREAT | O_EXCL | O_WRONLY, 0777));
    struct stat status;
    must(fstat(fd, &status));
    close(fd);
    expect((status.st_mode & 0777) == 0641, "a new file has mode %o", status.st_mode & 0777);
    expect(access(target_path("a dir/made here"), F_OK) == 0, "the file was made elsewhere");
}

TARGET(set_up, verify)
