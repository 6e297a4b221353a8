// A program over whose executable another one was moved while it runs, as an upgrade does it.
#include "exe.h"

static void set_up(void)
{
    if (!exe_is_second())
        exe_run(exe_copy("program"));
    char other[PATH_MAX + 300], expected[PATH_MAX + 300];
    snprintf(other, sizeof other, "%s", target_path("other"));
    int fd = must(open(other, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755));
    must(write(fd, "#!/bin/false\n", 13));
    close(fd);
    must(rename(other, target_path("program")));
    snprintf(expected, sizeof expected, "%s (deleted)", target_path("program"));
    exe_take(expected);
}

static void verify(void)
{
    struct stat status;
    exe_verify_deleted();
    expect(stat(target_path("program"), &status) == 0 && status.st_size == 13, "the program that replaced it has changed");
}

TARGET(set_up, verify)
