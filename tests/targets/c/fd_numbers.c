// Descriptor numbers: sparse and high ones, their close-on-exec flags, and no descriptor that was not there before.
#include "target.h"
#include <dirent.h>
#include <sys/resource.h>

static const int numbers[] = { 7, 63, 64, 65, 255, 256, 500, 901, 1023 };
static char before[8192], after[8192];
static struct stat identity;

static void list(char *text, size_t size)
{
    size_t used = 0;
    DIR *dir = opendir("/proc/self/fd");
    bool open_fd[2048] = { false };
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        if (entry->d_name[0] != '.' && atoi(entry->d_name) != dirfd(dir) && atoi(entry->d_name) < 2048)
            open_fd[atoi(entry->d_name)] = true;
    if (dir)
        closedir(dir);
    text[0] = 0;
    for (int fd = 0; fd < 2048; fd++)
        if (open_fd[fd])
            used += (size_t)snprintf(text + used, size - used, "%d%s ", fd, fcntl(fd, F_GETFD) ? "c" : "");
}

static void set_up(void)
{
    struct rlimit limit;
    must(getrlimit(RLIMIT_NOFILE, &limit));
    if (limit.rlim_cur < 1024)
        skip("fewer than 1024 descriptors are allowed");
    int fd = must(open(target_path("file"), O_RDWR | O_CREAT, 0600));
    must(fstat(fd, &identity));
    for (size_t i = 0; i < COUNT(numbers); i++)
        must(dup3(fd, numbers[i], i % 2 ? O_CLOEXEC : 0));
    must(open("/dev/null", O_RDONLY));
    close(fd);
    list(before, sizeof before);
}

static void verify(void)
{
    list(after, sizeof after);
    expect(strcmp(before, after) == 0, "the descriptors were %s, are %s", before, after);
    for (size_t i = 0; i < COUNT(numbers); i++) {
        struct stat status;
        expect(fstat(numbers[i], &status) == 0 && status.st_ino == identity.st_ino, "descriptor %d is another file", numbers[i]);
    }
    int fd = must(open("/dev/null", O_RDONLY));
    expect(fd < 7, "the lowest free descriptor is %d", fd);
    close(fd);
}

TARGET(set_up, verify)
