// Memory files: shared and private mappings of one memfd, a sealed one, and one whose descriptor is closed; they stay one memory each, and sealed.
#include "target.h"

static char *shared, *again, *private, *sealed, *closed;
static int fd, sealed_fd, round_;

static void set_up(void)
{
    fd = must(memfd_create("open-one", MFD_CLOEXEC));
    must(ftruncate(fd, MIB));
    shared = must(mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
    again = must(mmap(NULL, MIB - 16 * PAGE, PROT_READ, MAP_SHARED, fd, 16 * PAGE));
    fill(shared, MIB, 21);
    private = must(mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0));
    fill(private + PAGE, PAGE, 500);

    sealed_fd = must(memfd_create("sealed-one", MFD_ALLOW_SEALING));
    must(ftruncate(sealed_fd, 4 * PAGE));
    char *writer = must(mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, sealed_fd, 0));
    fill(writer, 4 * PAGE, 22);
    must(munmap(writer, 4 * PAGE));
    must(fcntl(sealed_fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW));
    sealed = must(mmap(NULL, 4 * PAGE, PROT_READ, MAP_PRIVATE, sealed_fd, 0));

    int short_lived = must(memfd_create("closed-one", 0));
    must(ftruncate(short_lived, 2 * PAGE + 100));
    closed = must(mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, short_lived, 0));
    fill(closed, 2 * PAGE, 23);
    close(short_lived);
}

static void verify(void)
{
    static char buffer[MIB];
    expect(filled(shared, MIB, 21 + round_), "the shared mapping changed");
    must(pread(fd, buffer, MIB, 0));
    expect(memcmp(buffer, shared, MIB) == 0, "the descriptor shows other bytes than the mapping");
    expect(filled(private + PAGE, PAGE, 500), "the private change is lost");
    fill(shared, MIB, 21 + ++round_);
    expect(memcmp(shared + 16 * PAGE, again, MIB - 16 * PAGE) == 0, "two mappings of one memfd are no longer one memory");
    expect(filled(private + PAGE, PAGE, 500), "the private page follows the file");

    expect(filled(sealed, 4 * PAGE, 22), "the sealed memory changed");
    expect(fcntl(sealed_fd, F_GET_SEALS) == (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW), "seals are %x", fcntl(sealed_fd, F_GET_SEALS));
    expect(pwrite(sealed_fd, "x", 1, 0) == -1 && errno == EPERM, "the sealed memfd can be written");
    expect(filled(closed, 2 * PAGE, 23), "the memfd without a descriptor changed");
    char link[256] = "", path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    expect(readlink(path, link, sizeof link - 1) > 0 && strcmp(link, "/memfd:open-one (deleted)") == 0, "the memfd is called %s", link);
    struct stat status;
    must(fstat(fd, &status));
    expect(status.st_size == MIB, "the memfd's size is %ld", (long)status.st_size);
}

TARGET(set_up, verify)
