// Command lines as programs change them: written over arguments and environment (setproctitle), and moved elsewhere (PR_SET_MM_MAP).
#include "family.h"
#include <linux/prctl.h>

enum { OVERWRITES, MOVES, EMPTY, MEMBERS };
extern char **environ;
static char before[4096];
static size_t length;

static unsigned long field(const char *stat, int wanted)
{
    const char *at = strrchr(stat, ')') + 2;
    for (int number = 3; number < wanted; number++)
        at = strchr(at, ' ') + 1;
    return strtoul(at, NULL, 10);
}

static void move(const char *text, size_t size)
{
    char stat[2048];
    slurp("/proc/self/stat", stat, sizeof stat);
    char *area = must(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    memcpy(area, text, size);
    unsigned long brk = (unsigned long)must(sbrk(0));
    struct prctl_mm_map map = {
        .start_code = field(stat, 26), .end_code = field(stat, 27), .start_data = field(stat, 45), .end_data = field(stat, 46),
        .start_brk = field(stat, 47), .brk = brk, .start_stack = field(stat, 28), .arg_start = (unsigned long)area,
        .arg_end = (unsigned long)area + size, .env_start = field(stat, 50), .env_end = field(stat, 51), .exe_fd = (uint32_t)-1,
    };
    must(prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof map, 0));
}

static void set(int i)
{
    if (i == OVERWRITES) {
        char *end = target_argv[0];
        for (int a = 0; target_argv[a]; a++)
            end = target_argv[a] + strlen(target_argv[a]);
        char *start = target_argv[0];
        for (int e = 0; environ[e] == end + 1; e++)
            end = environ[e] + strlen(environ[e]);
        environ = NULL;
        memset(start, 'x', (size_t)(end - start));
        memcpy(start, "worker: a title ", 16);
    } else if (i == MOVES) {
        move("moved\0away\0", 11);
    } else {
        move("", 0);
    }
    length = slurp("/proc/self/cmdline", before, sizeof before);
    expect(i == EMPTY ? length == 0 : i == MOVES ? length == 11 : length > 100 && before[20] == 'x', "the command line is '%s' (%zu bytes)", before, length);
}

static void prove(int i)
{
    char now[sizeof before];
    size_t size = slurp("/proc/self/cmdline", now, sizeof now);
    expect(size == length && memcmp(now, before, size) == 0, "the command line of %d was '%s', is '%s'", i, before, now);
}

static void set_up(void) { family_start(MEMBERS, set, prove); }

TARGET(set_up, family_verify)
