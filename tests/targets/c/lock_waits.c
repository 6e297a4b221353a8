// Threads that wait for a lock, by flock(2), F_SETLKW and F_OFD_SETLKW: they go on waiting while the lock is held, and get it once it is released.
#include "target.h"
#include <sys/file.h>

enum { FLOCK, OFD, WAYS };
static int held[WAYS], wanted[WAYS];
static _Atomic int got[WAYS];
static const char *names[] = { "flock", "ofd" };

static int take(int way, int fd, bool wait)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    return way == FLOCK ? flock(fd, LOCK_EX | (wait ? 0 : LOCK_NB)) : fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &lock);
}

static int release(int way, int fd)
{
    struct flock lock = { .l_type = F_UNLCK, .l_whence = SEEK_SET };
    return way == FLOCK ? flock(fd, LOCK_UN) : fcntl(fd, F_OFD_SETLK, &lock);
}

// Waits, and gives the lock back for the next turn.
static void *waiter(void *argument)
{
    int way = (int)(intptr_t)argument;
    for (;;) {
        int result = take(way, wanted[way], true);
        expect(result == 0, "waiting for %s: %s", names[way], strerror(errno));
        must(release(way, wanted[way]));
        got[way]++;
        while (got[way] > 0)
            sleep_ms(1);
    }
    return NULL;
}

static bool is_waiting(void)
{
    char text[64 * KIB];
    slurp("/proc/locks", text, sizeof text);
    int found = 0;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
        for (int way = 0; way < WAYS; way++) {
            struct stat status;
            char inode[64];
            must(fstat(wanted[way], &status));
            snprintf(inode, sizeof inode, ":%lu ", (unsigned long)status.st_ino);
            found += strstr(line, "->") && strstr(line, inode);
        }
    return found >= WAYS;
}

static void set_up(void)
{
    for (int way = 0; way < WAYS; way++) {
        held[way] = must(open(target_path(names[way]), O_RDWR | O_CREAT, 0600));
        wanted[way] = must(open(target_path(names[way]), O_RDWR));
        must(take(way, held[way], false));
        spawn(waiter, (void *)(intptr_t)way);
    }
    expect(eventually(is_waiting()), "nobody waits");
}

static void verify(void)
{
    for (int way = 0; way < WAYS; way++) {
        expect(got[way] == 0, "%s was got while it was held", names[way]);
        must(release(way, held[way]));
        expect(eventually(got[way] == 1), "%s was released and not got", names[way]);
        expect(take(way, held[way], false) == 0, "%s was not given back", names[way]);
        got[way] = 0;
    }
    expect(eventually(is_waiting()), "nobody waits any more");
}

TARGET(set_up, verify)
