// A script: the executable is its interpreter, and the arguments are the interpreter's.
#include "exe.h"

static char cmdline[4096], comm[32];
static size_t length;

static void set_up(void)
{
    if (!exe_is_second()) {
        char line[PATH_MAX * 2 + 600], *script;
        exe_copy("interpreter");
        int length = snprintf(line, sizeof line, "#!%s/interpreter %s\n", target_dir, target_dir);
        if (length > 250)
            skip("the state directory's name is too long for the first line of a script");
        int fd = must(open(script = target_path("script"), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755));
        must(write(fd, line, (size_t)length));
        close(fd);
        exe_run(script);
    }
    exe_take(target_path("interpreter"));
    length = slurp("/proc/self/cmdline", cmdline, sizeof cmdline);
    slurp("/proc/self/comm", comm, sizeof comm);
    expect(strcmp(comm, "script\n") == 0, "the name is %s", comm);
}

static void verify(void)
{
    char now[sizeof cmdline], name[sizeof comm];
    exe_verify();
    slurp("/proc/self/comm", name, sizeof name);
    expect(slurp("/proc/self/cmdline", now, sizeof now) == length && memcmp(now, cmdline, length) == 0, "the command line is %s", now);
    expect(strcmp(name, comm) == 0, "the name is %s", name);
}

TARGET(set_up, verify)
