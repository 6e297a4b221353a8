// Small system call filters. A marker is a call that nothing makes: a filter has it fail with an error that tells which filter decided.
#pragma once
#include "target.h"
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>

#define MARKER_A SYS_sched_rr_get_interval
#define MARKER_B SYS_getpriority
#define FAILS(number, error) { number, SECCOMP_RET_ERRNO | (error) }
#define KILLS(number) { number, SECCOMP_RET_KILL_PROCESS }

struct rule { int number; uint32_t action; };

static UNUSED long seccomp_filter(unsigned flags, const struct rule *rules, size_t count)
{
    struct sock_filter code[64] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)) };
    size_t length = 1;
    for (size_t i = 0; i < count; i++) {
        code[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)rules[i].number, 0, 1);
        code[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, rules[i].action);
    }
    code[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog program = { (unsigned short)length, code };
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

#define filter_with(flags, ...) do { \
    const struct rule rules_[] = { __VA_ARGS__ }; \
    must(seccomp_filter(flags, rules_, COUNT(rules_))); } while (0)

// The error of a marker; 0 when it is let through.
static UNUSED int error_of(long marker)
{
    return syscall(marker, 0, 0, 0) == -1 ? errno : 0;
}

// How many filters the calling thread is under, and in which mode (PR_GET_SECCOMP would be filtered itself).
static UNUSED void seccomp_status(int *mode, int *filters)
{
    char text[4096], *at;
    slurp("/proc/thread-self/status", text, sizeof text);
    *mode = (at = strstr(text, "\nSeccomp:")) ? atoi(at + 9) : -1;
    *filters = (at = strstr(text, "\nSeccomp_filters:")) ? atoi(at + 17) : -1;
}
