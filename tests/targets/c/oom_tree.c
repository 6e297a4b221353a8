// The out-of-memory preference and the dump filter of each process of a tree.
#include "family.h"

enum { MEMBERS = 3 };
static const int scores[] = { 100, 1000, 7 };

static int number_in(const char *path, int base)
{
    char text[64];
    slurp(path, text, sizeof text);
    return (int)strtol(text, NULL, base);
}

static void put_number(const char *path, const char *format, int number)
{
    char text[32];
    int fd = must(open(path, O_WRONLY | O_CLOEXEC));
    snprintf(text, sizeof text, format, number);
    must(write(fd, text, strlen(text)));
    close(fd);
}

static int filter_of(int i) { return 0x11 + i * 2; }

static void set(int i)
{
    put_number("/proc/self/oom_score_adj", "%d", scores[i]);
    put_number("/proc/self/coredump_filter", "0x%x", filter_of(i));
}

static void prove(int i)
{
    int score = number_in("/proc/self/oom_score_adj", 10), filter = number_in("/proc/self/coredump_filter", 16);
    expect(score == scores[i] && filter == filter_of(i), "member %d has oom_score_adj %d and coredump_filter %x", i, score, filter);
}

static int roots;

static void set_up(void)
{
    roots = number_in("/proc/self/oom_score_adj", 10);
    if (roots > 7)
        skip("oom_score_adj is already above 7, and only privilege lowers it");
    family_start(MEMBERS, set, prove);
}

static void verify(void)
{
    expect(number_in("/proc/self/oom_score_adj", 10) == roots, "the root's oom_score_adj is a member's");
    family_verify();
}

TARGET(set_up, verify)
