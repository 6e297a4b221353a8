// Memory files by descriptor only: bytes, holes, size, position, seals, names, two descriptions of one file, never mapped.
#include "target.h"

static int fd, second, sealed, empty;

static void set_up(void)
{
    static char content[64 * KIB];
    char path[64];
    fill(content, sizeof content, 9);
    fd = must(memfd_create("a memory file", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    must(pwrite(fd, content, sizeof content, 0));
    must(pwrite(fd, content, sizeof content, 5 * GIB));
    must(lseek(fd, 333, SEEK_SET));
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    second = must(open(path, O_RDONLY)); // another description of the same file
    must(lseek(second, 16, SEEK_SET));
    sealed = must(memfd_create("sealed", MFD_ALLOW_SEALING));
    must(pwrite(sealed, content, 5000, 0));
    must(fcntl(sealed, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL));
    empty = must(memfd_create("", 0));
}

static void verify(void)
{
    static char content[64 * KIB];
    struct stat status, other;
    must(fstat(fd, &status));
    must(fstat(second, &other));
    expect(status.st_size == (off_t)(5 * GIB + sizeof content) && status.st_blocks < 1024, "%ld bytes in %ld blocks", (long)status.st_size, (long)status.st_blocks);
    expect(status.st_ino == other.st_ino, "one memory file became two");
    expect(lseek(fd, 0, SEEK_CUR) == 333 && lseek(second, 0, SEEK_CUR) == 16, "positions are %ld and %ld", (long)lseek(fd, 0, SEEK_CUR), (long)lseek(second, 0, SEEK_CUR));
    expect((fcntl(second, F_GETFL) & O_ACCMODE) == O_RDONLY && (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR, "the access modes changed");
    must(pread(second, content, sizeof content, 0));
    expect(filled(content, sizeof content, 9), "the first part changed");
    must(pread(second, content, sizeof content, GIB));
    expect(zeroed(content, sizeof content), "the hole has bytes");
    must(pread(second, content, sizeof content, 5 * GIB));
    expect(filled(content, sizeof content, 9), "the last part changed");
    expect(fcntl(sealed, F_GET_SEALS) == 15 && fcntl(fd, F_GET_SEALS) == 0 && fcntl(empty, F_GET_SEALS) == F_SEAL_SEAL, "seals are %x %x %x",
        fcntl(sealed, F_GET_SEALS), fcntl(fd, F_GET_SEALS), fcntl(empty, F_GET_SEALS));
    expect(pread(sealed, content, sizeof content, 0) == 5000 && filled(content, 5000, 9), "the sealed file changed");
    char path[64], link[128] = "";
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    expect(readlink(path, link, sizeof link - 1) > 0 && strcmp(link, "/memfd:a memory file (deleted)") == 0, "the file is called %s", link);
}

TARGET(set_up, verify)
