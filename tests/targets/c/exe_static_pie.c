// A program that is linked statically (-static-pie): no loader, and its own layout.
#include "exe.h"

static void set_up(void)
{
    if (!exe_is_second()) {
        char command[2 * PATH_MAX + 600];
        snprintf(command, sizeof command, "gcc -O1 -pthread -static-pie -o '%s' '%s' 2>/dev/null", target_path("program"), __FILE__);
        if (system(command) != 0)
            skip("gcc can't link statically here");
        exe_run(target_path("program"));
    }
    exe_take(target_path("program"));
}

TARGET(set_up, exe_verify)
