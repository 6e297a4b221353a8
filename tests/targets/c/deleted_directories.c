// Directories that were deleted: one that is the working directory and open as well, twice, one that is only open, and one of O_PATH.
#include "target.h"
#include <dirent.h>

static int working, again, other, place;
static struct stat before;

static int make(const char *name, mode_t mode, int flags)
{
    must(mkdir(target_path(name), mode));
    int fd = must(open(target_path(name), O_DIRECTORY | flags));
    return fd;
}

static void set_up(void)
{
    working = make("working", 0750, O_RDONLY);
    again = must(open(target_path("working"), O_RDONLY));
    must(chdir(target_path("working")));
    other = make("other", 0700, O_RDONLY);
    place = make("place", 0700, O_PATH);
    must(rmdir(target_path("working")));
    must(rmdir(target_path("other")));
    must(rmdir(target_path("place")));
    must(mkdir(target_path("other"), 0700)); // a successor
    must(fstat(working, &before));
}

static void verify(void)
{
    struct stat one, two, here;
    char path[PATH_MAX];
    must(fstat(working, &one));
    must(fstat(again, &two));
    must(stat(".", &here));
    expect(one.st_nlink == 0 && S_ISDIR(one.st_mode) && one.st_mode == before.st_mode, "links %ld mode %o", (long)one.st_nlink, one.st_mode);
    expect(one.st_ino == two.st_ino && one.st_ino == here.st_ino && one.st_dev == here.st_dev, "one deleted directory became several");
    expect(getcwd(path, sizeof path) == NULL && errno == ENOENT, "the deleted working directory has a name: %s", path);
    expect(open("new", O_CREAT | O_RDWR, 0600) == -1 && errno == ENOENT, "a file can be made in the deleted working directory");
    expect(openat(other, "new", O_CREAT | O_RDWR, 0600) == -1 && errno == ENOENT, "a file can be made in the deleted directory");
    expect(openat(place, "new", O_CREAT | O_RDWR, 0600) == -1 && errno == ENOENT, "a file can be made in the deleted place");
    must(fstat(place, &one));
    expect(one.st_nlink == 0 && S_ISDIR(one.st_mode) && (fcntl(place, F_GETFL) & O_PATH), "the place has %ld links, flags %x", (long)one.st_nlink, fcntl(place, F_GETFL));
    must(fstat(other, &two));
    must(stat(target_path("other"), &here));
    expect(two.st_nlink == 0 && two.st_ino != here.st_ino && here.st_nlink > 0, "the deleted directory became its successor");
    expect(access(target_path("working"), F_OK) == -1 && access(target_path("place"), F_OK) == -1, "a deleted directory has its name again");
    must(lseek(again, 0, SEEK_SET));
    int copy = must(dup(again));
    DIR *list = fdopendir(copy);
    expect(list != NULL && readdir(list) == NULL, "the deleted directory has entries");
    closedir(list);
}

TARGET(set_up, verify)
