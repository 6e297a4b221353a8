// A shared mapping of a file stays tied to the file: what is written in memory is read from the file, and the other way round.
#include "target.h"

static char *mapped, *second;
static int fd, round_;

static void set_up(void)
{
    fd = must(open(target_path("shared"), O_RDWR | O_CREAT | O_TRUNC, 0600));
    must(ftruncate(fd, MIB));
    mapped = must(mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
    second = must(mmap(NULL, 4 * PAGE, PROT_READ, MAP_SHARED, fd, 8 * PAGE));
    fill(mapped, MIB, 3);
}

static void verify(void)
{
    char page[PAGE];
    expect(filled(mapped, MIB, 3 + round_), "the memory is wrong");
    must(pread(fd, page, PAGE, 9 * PAGE));
    expect(memcmp(page, mapped + 9 * PAGE, PAGE) == 0 && memcmp(page, second + PAGE, PAGE) == 0, "the file is not what is mapped");
    fill(mapped, MIB, 3 + ++round_);
    int other = must(open(target_path("shared"), O_RDONLY));
    must(pread(other, page, PAGE, 10 * PAGE));
    close(other);
    expect(memcmp(page, second + 2 * PAGE, PAGE) == 0, "a write to the memory does not reach the file");
}

TARGET(set_up, verify)
