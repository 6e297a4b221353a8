// Mappings of files that were deleted, shared and private: the bytes stay, and two shared mappings of one file stay one memory.
#include "target.h"

static char *first, *second, *private, *fresh;
static int round_;

static int doomed(const char *name)
{
    int fd = must(open(target_path(name), O_RDWR | O_CREAT | O_EXCL, 0600));
    must(ftruncate(fd, 16 * PAGE));
    must(unlink(target_path(name)));
    return fd;
}

static void set_up(void)
{
    int fd = doomed("doomed-shared");
    first = must(mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
    second = must(mmap(NULL, 8 * PAGE, PROT_READ, MAP_SHARED, fd, 4 * PAGE));
    close(fd);
    fill(first, 16 * PAGE, 11);

    static char content[16 * PAGE];
    fill(content, sizeof content, 12);
    fd = doomed("doomed-private");
    must(pwrite(fd, content, sizeof content, 0));
    private = must(mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0));
    fresh = must(mmap(NULL, 16 * PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0));
    close(fd);
    fill(private + 2 * PAGE, PAGE, 99);
}

static void verify(void)
{
    expect(filled(first, 16 * PAGE, 11 + round_), "the shared mapping changed");
    first[5 * PAGE] ^= 1;
    expect(second[PAGE] == first[5 * PAGE], "two mappings of one deleted file are no longer one memory");
    fill(first, 16 * PAGE, 11 + ++round_);
    for (int page = 0; page < 16; page++)
        expect(filled(private + page * PAGE, PAGE, page == 2 ? 99 : 12 + page * PAGE / 8), "private page %d is wrong", page);
    expect(filled(fresh, 16 * PAGE, 12), "the unchanged mapping is wrong");
}

TARGET(set_up, verify)
