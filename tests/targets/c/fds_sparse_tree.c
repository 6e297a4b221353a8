// Sparse descriptor tables, different in each process: exactly these numbers are open, and the same description under different numbers is one.
#include "family.h"
#include <dirent.h>
#include <sys/resource.h>

enum { MEMBERS = 4, BASE = 50 };
static int limit, first;

// The numbers that process i has besides those below BASE.
static int number(int i, int n)
{
    static const int low[] = { 60, 250, 320, 511, 800 };
    return n < 5 ? low[n] + i + 1 : limit - 1 - 3 * (i + 1) - (n - 5);
}
enum { NUMBERS = 7 };

static bool has(int i, int fd)
{
    for (int n = 0; n < NUMBERS; n++)
        if (number(i, n) == fd)
            return true;
    return false;
}

static void spread(int i)
{
    for (int n = 0; n < NUMBERS; n++)
        must(dup2(first, number(i, n)));
}

static void look(int i)
{
    int found = 0;
    DIR *d = opendir("/proc/self/fd");
    for (struct dirent *e; d && (e = readdir(d));) {
        int fd = atoi(e->d_name);
        if (e->d_name[0] == '.' || fd == dirfd(d) || fd < BASE)
            continue;
        expect(has(i, fd), "process %d has descriptor %d", i, fd);
        found++;
    }
    closedir(d);
    expect(found == NUMBERS, "process %d has %d descriptors", i, found);
    off_t at = lseek(number(i, 0), 0, SEEK_CUR);
    must(lseek(number(i, 6), 10, SEEK_CUR));
    expect(lseek(number(i, 0), 0, SEEK_CUR) == at + 10, "the descriptors of process %d are of several descriptions", i);
}

static void prove(int i)
{
    if (board->phase == i)
        look(i);
}

static void set(int i)
{
    for (int n = 0; n < NUMBERS; n++)
        close(number(-1, n));
    if (i > 0)
        for (int n = 0; n < NUMBERS; n++)
            close(number(i - 1, n));
    spread(i);
    if (i + 1 < MEMBERS)
        family_fork(i + 1, set, prove);
}

static void set_up(void)
{
    struct rlimit files;
    family_open();
    must(getrlimit(RLIMIT_NOFILE, &files));
    limit = files.rlim_cur < 900 ? 900 : (int)files.rlim_cur;
    if (files.rlim_max < 900)
        skip("fewer than 900 descriptors are allowed");
    files.rlim_cur = (rlim_t)limit;
    must(setrlimit(RLIMIT_NOFILE, &files));
    first = must(open(target_path("file"), O_RDWR | O_CREAT, 0600));
    spread(-1);
    family_fork(0, set, prove);
    family_await_all(MEMBERS);
}

static void verify(void)
{
    look(-1);
    for (int i = 0; i < MEMBERS; i++)
        family_ask(i);
    for (int i = 0; i < MEMBERS; i++)
        expect(same_object(board->root, pid_of(i), KCMP_FILE, (unsigned long)number(-1, 6), (unsigned long)number(i, 3)), "member %d has another description", i);
}

TARGET(set_up, verify)
