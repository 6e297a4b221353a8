// A program that was executed from a memfd (fexecve).
#include "exe.h"

static void set_up(void)
{
    static char block[MIB];
    if (exe_is_second()) {
        exe_take("/memfd:program (deleted)");
        return;
    }
    int from = must(open("/proc/self/exe", O_RDONLY | O_CLOEXEC)), to = must(memfd_create("program", MFD_CLOEXEC));
    for (ssize_t n; (n = must(read(from, block, sizeof block))) > 0;)
        must(write(to, block, (size_t)n));
    must(setenv("TARGET_SECOND", "1", 1));
    must(fexecve(to, target_argv, environ));
}

TARGET(set_up, exe_verify)
