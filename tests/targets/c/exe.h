// Targets whose executable is a special one: each starts as an ordinary program, prepares a file, and executes that with the same arguments.
#pragma once
#include "target.h"

static char exe_link[PATH_MAX], exe_maps[64 * KIB];
static size_t exe_size;

static bool exe_is_second(void) { return getenv("TARGET_SECOND") != NULL; }

// Copies the program into the state directory under this name.
static UNUSED char *exe_copy(const char *name)
{
    static char block[MIB];
    char *path = target_path(name);
    int from = must(open("/proc/self/exe", O_RDONLY | O_CLOEXEC)), to = must(open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755));
    for (ssize_t n; (n = must(read(from, block, sizeof block))) > 0;)
        must(write(to, block, (size_t)n));
    close(from);
    close(to);
    return path;
}

static UNUSED void exe_run(const char *path)
{
    must(setenv("TARGET_SECOND", "1", 1));
    must(execv(path, target_argv));
}

static size_t exe_length(void)
{
    struct stat status;
    return stat("/proc/self/exe", &status) == 0 ? (size_t)status.st_size : 0;
}

// The mappings of the executable: where they are and what they are called.
static void exe_list(char *text, size_t size)
{
    char line[PATH_MAX + 128];
    size_t used = 0;
    FILE *f = fopen("/proc/self/maps", "re");
    text[0] = 0;
    while (f && fgets(line, sizeof line, f))
        if (strstr(line, exe_link) && used < size)
            used += (size_t)snprintf(text + used, size - used, "%.30s ", line);
    if (f)
        fclose(f);
}

static void exe_take(const char *expected)
{
    exe_link[must(readlink("/proc/self/exe", exe_link, sizeof exe_link - 1))] = 0;
    expect(strcmp(exe_link, expected) == 0, "the executable is %s, not %s", exe_link, expected);
    exe_size = exe_length();
    exe_list(exe_maps, sizeof exe_maps);
}

static UNUSED void exe_verify(void)
{
    static char maps[sizeof exe_maps];
    char now[PATH_MAX] = "";
    must(readlink("/proc/self/exe", now, sizeof now - 1));
    expect(strcmp(now, exe_link) == 0, "the executable was %s, is %s", exe_link, now);
    expect(exe_length() == exe_size, "the executable had %zu bytes, has %zu", exe_size, exe_length());
    exe_list(maps, sizeof maps);
    expect(strcmp(maps, exe_maps) == 0, "its mappings were %s, are %s", exe_maps, maps);
}

// Of a deleted executable: it is still a file that begins like a program, and not the one that has its name now.
static UNUSED void exe_verify_deleted(void)
{
    char magic[4] = "";
    int fd = must(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
    expect(read(fd, magic, 4) == 4 && memcmp(magic, "\177ELF", 4) == 0, "the executable is no program any more");
    close(fd);
    char now[PATH_MAX] = "";
    must(readlink("/proc/self/exe", now, sizeof now - 1));
    expect(strstr(now, "program") && strstr(now, " (deleted)"), "the executable was %s, is %s", exe_link, now);
}
