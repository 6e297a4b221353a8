// Descriptors that only one child has (an unlinked file, both ends of a pipe, an eventfd, a memfd): they are there, and nowhere else in the tree.
#include "family.h"
#include <sys/eventfd.h>

enum { OWNER = 1, MEMBERS = 3 };
static int unlinked, ends[2], event, memory;
static char table[MEMBERS + 1][4096];

// Numbers and what they are, in one line.
static void list(char *text, size_t size)
{
    char path[64], target[PATH_MAX];
    text[0] = 0;
    for (int fd = 0; fd < 64; fd++) {
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        ssize_t length = readlink(path, target, sizeof target - 1);
        if (length > 0) {
            target[length] = 0;
            if (strncmp(target, "pipe:", 5) == 0)
                strcpy(target, "pipe"); // its number is new after a restore
            size_t used = strlen(text);
            snprintf(text + used, size - used, "%d %.60s, ", fd, target);
        }
    }
}

static void look(int i)
{
    static char now[4096];
    list(now, sizeof now);
    expect(i == OWNER || strcmp(now, table[i + 1]) == 0, "process %d has %.300s but had %.300s", i, now, table[i + 1]);
}

static void prove(int i)
{
    look(i);
    if (i != OWNER)
        return;
    static char block[1000];
    uint64_t count = 0;
    struct stat status;
    expect(pread(unlinked, block, sizeof block, 0) == sizeof block && filled(block, sizeof block, 1), "the unlinked file changed");
    expect(fstat(unlinked, &status) == 0 && status.st_nlink == 0, "the unlinked file has a name");
    expect(read(ends[0], block, sizeof block) == sizeof block && filled(block, sizeof block, 2), "the pipe changed");
    must(write(ends[1], block, sizeof block));
    expect(read(event, &count, 8) == 8 && count == 41, "the eventfd is at %lu", (unsigned long)count);
    must(write(event, &count, 8));
    expect(pread(memory, block, sizeof block, 0) == sizeof block && filled(block, sizeof block, 3), "the memfd changed");
}

static void set(int i)
{
    if (i == OWNER) {
        static char block[1000];
        unlinked = must(open(target_path("unlinked"), O_RDWR | O_CREAT, 0600));
        must(unlink(target_path("unlinked")));
        fill(block, sizeof block, 1);
        must(write(unlinked, block, sizeof block));
        must(pipe(ends));
        fill(block, sizeof block, 2);
        must(write(ends[1], block, sizeof block));
        event = must(eventfd(41, 0));
        memory = must(memfd_create("only mine", 0));
        fill(block, sizeof block, 3);
        must(write(memory, block, sizeof block));
    }
    list(table[i + 1], sizeof table[0]);
}

static void set_up(void)
{
    family_start(MEMBERS, set, prove);
    list(table[0], sizeof table[0]);
}

static void verify(void)
{
    look(-1);
    family_verify();
}

TARGET(set_up, verify)
