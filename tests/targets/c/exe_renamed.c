// A program whose executable was renamed while it runs, as an upgrade keeps the old one.
#include "exe.h"

static void set_up(void)
{
    if (!exe_is_second())
        exe_run(exe_copy("program"));
    char old[PATH_MAX + 300];
    snprintf(old, sizeof old, "%s", target_path("program"));
    must(rename(old, target_path("program.old")));
    exe_take(target_path("program.old"));
}

TARGET(set_up, exe_verify)
