// oom_score_adj.
#include "target.h"

static void set_up(void)
{
    int fd = must(open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
    must(write(fd, "537", 3));
    close(fd);
}

static void verify(void)
{
    char text[32];
    slurp("/proc/self/oom_score_adj", text, sizeof text);
    expect(atoi(text) == 537, "oom_score_adj is %s", text);
}

TARGET(set_up, verify)
