// A program whose executable was deleted while it runs.
#include "exe.h"

static void set_up(void)
{
    if (!exe_is_second())
        exe_run(exe_copy("program"));
    must(unlink(target_path("program")));
    char expected[PATH_MAX + 300];
    snprintf(expected, sizeof expected, "%s (deleted)", target_path("program"));
    exe_take(expected);
}

TARGET(set_up, exe_verify_deleted)
