// The protocol of a self-checking target, see ../README.md. A target defines set_up() and verify() and ends with TARGET(set_up, verify).
// set_up() makes the state, verify() proves it: it is called again and again, and may change the state as long as it leaves it provable.
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define UNUSED __attribute__((unused))
#define PAGE 4096UL
#define KIB (1UL << 10)
#define MIB (1UL << 20)
#define GIB (1UL << 30)
#define COUNT(array) (sizeof(array) / sizeof *(array))

static char target_dir[PATH_MAX];
static char **target_argv;
static char target_failure[1024];
static pthread_mutex_t target_lock = PTHREAD_MUTEX_INITIALIZER;

// The path of a file in the state directory; the answer is the calling thread's until its next call.
static UNUSED char *target_path(const char *name)
{
    static __thread char path[PATH_MAX + 256];
    snprintf(path, sizeof path, "%s/%s", target_dir, name);
    return path;
}

static bool target_exists(const char *name)
{
    return access(target_path(name), F_OK) == 0;
}

static void target_write(const char *name, const char *text)
{
    char temporary[PATH_MAX + 256];
    snprintf(temporary, sizeof temporary, "%s/.%s.%ld", target_dir, name, (long)syscall(SYS_gettid));
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) || close(fd) != 0
        || rename(temporary, target_path(name)) != 0)
        _exit(44);
}

// Reports the first thing that is wrong, from any thread; the next answer to a check says it too.
static UNUSED __attribute__((format(printf, 1, 2))) void fail(const char *format, ...)
{
    pthread_mutex_lock(&target_lock);
    if (!target_failure[0]) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(target_failure, sizeof target_failure, format, arguments);
        va_end(arguments);
        target_write("failed", target_failure);
    }
    pthread_mutex_unlock(&target_lock);
}

#define expect(condition, ...) do { if (!(condition)) fail(__VA_ARGS__); } while (0)

// A call without which the target can't go on: -1 (and MAP_FAILED) ends it with a sentence.
#define must(call) ({ \
    __typeof__(call) must_result = (call); \
    if ((intptr_t)must_result == -1) { \
        fail("%s:%d: %s: %s", __FILE__, __LINE__, #call, strerror(errno)); \
        _exit(45); \
    } \
    must_result; })

// This machine can't show the feature: the harness reports a skip with this reason.
static UNUSED void skip(const char *reason)
{
    target_write("skip", reason);
    _exit(43);
}

static UNUSED int64_t now_ns(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

// Sleeps at least this long by the manual's rule: on EINTR with what remains.
static UNUSED void sleep_ms(int milliseconds)
{
    struct timespec t = { milliseconds / 1000, milliseconds % 1000 * 1000000L };
    while (nanosleep(&t, &t) != 0 && errno == EINTR)
        ;
}

// Waits until the condition holds; gives up after a time that only a hung thread needs.
#define eventually(condition) ({ \
    bool holds = false; \
    for (int i_ = 0; i_ < 1500 && !(holds = (condition)); i_++) \
        sleep_ms(10); \
    holds; })

static UNUSED uint64_t mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
}

static UNUSED void fill(void *memory, size_t size, uint64_t seed)
{
    for (size_t i = 0; i < size / 8; i++)
        ((uint64_t *)memory)[i] = mix(seed + i);
}

static UNUSED bool filled(const void *memory, size_t size, uint64_t seed)
{
    for (size_t i = 0; i < size / 8; i++)
        if (((const uint64_t *)memory)[i] != mix(seed + i))
            return false;
    return true;
}

static UNUSED bool zeroed(const void *memory, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (((const char *)memory)[i])
            return false;
    return true;
}

// Reads a whole small file (of /proc, mostly); always ends with a zero byte.
static UNUSED size_t slurp(const char *path, char *buffer, size_t size)
{
    size_t used = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return buffer[0] = 0;
    for (ssize_t n; used + 1 < size && (n = read(fd, buffer + used, size - 1 - used)) > 0;)
        used += (size_t)n;
    close(fd);
    buffer[used] = 0;
    return used;
}

// The line of /proc/self/<file> that starts with this key, without the key; "" when there is none.
static UNUSED void proc_field(const char *file, const char *key, char *value, size_t size)
{
    char path[128], line[1024];
    snprintf(path, sizeof path, "/proc/self/%s", file);
    value[0] = 0;
    FILE *f = fopen(path, "re");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, key, strlen(key)) == 0)
            snprintf(value, size, "%s", line + strlen(key));
    if (f)
        fclose(f);
    value[strcspn(value, "\n")] = 0;
}

// The VmFlags of the mapping at this address, in /proc/self/smaps' own letters.
static UNUSED void vm_flags(const void *address, char *flags, size_t size)
{
    char line[1024];
    bool here = false;
    unsigned long start, end;
    flags[0] = 0;
    FILE *f = fopen("/proc/self/smaps", "re");
    while (f && fgets(line, sizeof line, f)) {
        if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
            here = start <= (unsigned long)address && (unsigned long)address < end;
        else if (here && strncmp(line, "VmFlags:", 8) == 0)
            snprintf(flags, size, "%s", line + 8);
    }
    if (f)
        fclose(f);
    flags[strcspn(flags, "\n")] = 0;
}

static UNUSED pthread_t spawn(void *(*body)(void *), void *argument)
{
    pthread_t thread;
    int error = pthread_create(&thread, NULL, body, argument);
    if (error) {
        fail("pthread_create: %s", strerror(error));
        _exit(45);
    }
    return thread;
}

static int target_run(int argc, char **argv, void (*set_up)(void), void (*verify)(void))
{
    if (argc < 2) {
        fprintf(stderr, "usage: %s STATE-DIRECTORY\n", argv[0]);
        return 2;
    }
    target_argv = argv;
    snprintf(target_dir, sizeof target_dir, "%s", argv[1]);
    pid_t pid = getpid();
    set_up();
    char text[1100];
    snprintf(text, sizeof text, "%d", pid);
    target_write("ready", text);
    for (;; sleep_ms(20)) {
        if (target_exists("stop"))
            exit(42);
        if (!target_exists("check") || target_exists("result"))
            continue;
        expect(getpid() == pid && syscall(SYS_gettid) == pid, "pid %d became %d", pid, getpid());
        verify();
        snprintf(text, sizeof text, target_failure[0] ? "FAIL: %s" : "ok", target_failure);
        target_write("result", text);
    }
}

#define TARGET(set_up, verify) int main(int argc, char **argv) { return target_run(argc, argv, set_up, verify); }
