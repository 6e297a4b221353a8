// A member that shares its memory with its parent (CLONE_VM) and so also the C library's thread-local data: it keeps to plain system calls and to
// its own slot of the board.
#pragma once
#include "family.h"

struct vm_member { int index; void (*prove)(int index); };

static UNUSED __attribute__((format(printf, 2, 3))) void vm_fail(int index, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (!board->slot[index].failure[0])
        vsnprintf(board->slot[index].failure, sizeof board->slot[index].failure, format, arguments);
    va_end(arguments);
}

static int vm_serve(void *argument)
{
    struct vm_member *member = argument;
    struct family_slot *slot = &board->slot[member->index];
    pid_t parent = getppid();
    uint32_t seen = shared_load(board->round);
    slot->pid = getpid();
    shared_store(slot->answered, seen);
    shared_store(slot->ready, 1);
    for (;;) {
        while (shared_load(board->round) == seen && !family_is_over(parent))
            syscall(SYS_nanosleep, &(struct timespec) { 0, 5000000 }, NULL);
        if (family_is_over(parent))
            syscall(SYS_exit_group, 0);
        seen = shared_load(board->round);
        member->prove(member->index);
        shared_store(slot->answered, seen);
    }
    return 0;
}

// Makes member `index` with these flags besides CLONE_VM; prove must follow the rules above.
static UNUSED pid_t vm_clone(int index, int flags, void (*prove)(int index))
{
    enum { STACK = 256 * KIB };
    char *stack = must(mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0));
    struct vm_member *member = malloc(sizeof *member);
    *member = (struct vm_member) { index, prove };
    family_expect(index);
    pid_t child = must(clone(vm_serve, stack + STACK, CLONE_VM | flags, member));
    if (!(flags & CLONE_VFORK))
        board->slot[index].pid = child;
    return child;
}
