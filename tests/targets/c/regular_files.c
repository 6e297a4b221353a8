// Regular files: position, flags, appending, and descriptors that share one position by dup while others of the same file do not.
#include "target.h"

static int reader, appender, shared, shared_dup, alone, read_only, path_only;
static long appended;
static struct stat identity;

static void set_up(void)
{
    static char content[64 * KIB];
    fill(content, sizeof content, 1);
    reader = must(open(target_path("content"), O_RDWR | O_CREAT | O_TRUNC, 0640));
    must(write(reader, content, sizeof content));
    must(lseek(reader, 1000, SEEK_SET));
    must(fstat(reader, &identity));
    appender = must(open(target_path("log"), O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_CLOEXEC, 0600));
    shared = must(open(target_path("content"), O_RDONLY | O_NOATIME));
    shared_dup = must(dup(shared));
    alone = must(open(target_path("content"), O_RDONLY | O_SYNC));
    must(lseek(shared, 300, SEEK_SET));
    must(lseek(alone, 40 * KIB, SEEK_SET));
    read_only = must(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
    path_only = must(open(target_path("content"), O_PATH));
}

static void verify(void)
{
    char block[512];
    off_t at = lseek(reader, 0, SEEK_CUR);
    expect(at == 1000 + 8 * appended, "the position is %ld", (long)at);
    must(read(reader, block, 8));
    must(lseek(reader, -8, SEEK_CUR));
    expect(memcmp(block, &(uint64_t) { mix(1 + at / 8) }, 8) == 0, "the bytes at the position are wrong");
    must(lseek(reader, 8, SEEK_CUR));

    must(lseek(appender, 0, SEEK_SET));
    must(write(appender, "line\n", 5));
    struct stat status;
    must(fstat(appender, &status));
    expect(status.st_size == 5 * ++appended, "the log has %ld bytes after %ld lines", (long)status.st_size, appended);
    expect(fcntl(appender, F_GETFL) == (O_WRONLY | O_APPEND | O_NONBLOCK | 0x8000), "the appender's flags are %x", fcntl(appender, F_GETFL));
    expect(fcntl(appender, F_GETFD) == FD_CLOEXEC && fcntl(reader, F_GETFD) == 0, "close-on-exec changed");

    expect(lseek(shared, 0, SEEK_CUR) == lseek(shared_dup, 0, SEEK_CUR), "duplicates have different positions");
    must(lseek(shared, 12, SEEK_CUR));
    expect(lseek(shared_dup, 0, SEEK_CUR) == 300 + 12 * appended, "duplicates no longer share their position: %ld", (long)lseek(shared_dup, 0, SEEK_CUR));
    expect(lseek(alone, 0, SEEK_CUR) == 40 * KIB, "the position of another description moved");
    expect((fcntl(shared, F_GETFL) & O_NOATIME) && (fcntl(alone, F_GETFL) & O_SYNC) == O_SYNC, "O_NOATIME or O_SYNC is lost");
    expect(read(path_only, block, 1) == -1 && errno == EBADF && (fcntl(path_only, F_GETFL) & O_PATH), "the O_PATH descriptor became another");
    must(fstat(path_only, &status));
    expect(status.st_ino == identity.st_ino && status.st_dev == identity.st_dev, "the O_PATH descriptor shows another file");
    expect(write(read_only, "x", 1) == -1 && errno == EBADF, "a read-only descriptor can be written");
}

TARGET(set_up, verify)
