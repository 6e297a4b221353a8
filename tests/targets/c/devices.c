// The devices everybody has: null, zero, full, random, urandom, with their flags.
#include "target.h"

static const char *const names[] = { "/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom" };
static int fd[5];
static dev_t device[5];

static void set_up(void)
{
    for (int i = 0; i < 5; i++) {
        struct stat status;
        fd[i] = must(open(names[i], i < 3 ? O_RDWR : O_RDONLY | O_CLOEXEC | O_NONBLOCK));
        must(fstat(fd[i], &status));
        device[i] = status.st_rdev;
    }
}

static void verify(void)
{
    char block[64] = { 1 };
    for (int i = 0; i < 5; i++) {
        struct stat status;
        must(fstat(fd[i], &status));
        expect(S_ISCHR(status.st_mode) && status.st_rdev == device[i], "%s became device %lx", names[i], (long)status.st_rdev);
        expect((fcntl(fd[i], F_GETFL) & (O_NONBLOCK | O_ACCMODE)) == (i < 3 ? O_RDWR : O_RDONLY | O_NONBLOCK), "the flags of %s are %x", names[i], fcntl(fd[i], F_GETFL));
    }
    expect(read(fd[0], block, 1) == 0 && write(fd[0], block, 64) == 64, "/dev/null does not swallow");
    expect(read(fd[1], block, 64) == 64 && zeroed(block, 64), "/dev/zero gives no zeroes");
    expect(write(fd[2], block, 1) == -1 && errno == ENOSPC, "/dev/full is not full");
    expect(read(fd[4], block, 64) == 64 && !zeroed(block, 64), "/dev/urandom gives zeroes");
}

TARGET(set_up, verify)
