// A tree of processes that each hold state of their own and each prove it when the root asks. They speak through a mapped file in the state
// directory, so that asking needs no pipe, signal or anonymous shared memory. A member ends when its parent or the root has ended.
#pragma once
#include "target.h"
#include <linux/futex.h>
#include <linux/kcmp.h>
#include <sched.h>
#include <sys/wait.h>

enum { FAMILY_LIMIT = 1200, FAMILY_VALUES = 8, FAMILY_LOOK_MS = 400 };

struct family_slot {
    pid_t pid; // 0 once the member has ended on purpose
    uint32_t ready, answered;
    volatile int64_t value[FAMILY_VALUES]; // whatever this member wants others to know
    char failure[192];
};

struct family_board {
    uint32_t round, ended, size;
    volatile int phase; // what the root asks for
    pid_t root;
    struct family_slot slot[FAMILY_LIMIT];
};

static struct family_board *board;
static int family_me = -1; // -1 in the root

#define shared_load(word) __atomic_load_n(&(word), __ATOMIC_SEQ_CST)
#define shared_store(word, value) __atomic_store_n(&(word), (value), __ATOMIC_SEQ_CST)

static void shared_wait(uint32_t *word, uint32_t value, int milliseconds)
{
    struct timespec limit = { milliseconds / 1000, milliseconds % 1000 * 1000000L };
    syscall(SYS_futex, word, FUTEX_WAIT, value, &limit, NULL, 0);
}

static void shared_wake(uint32_t *word)
{
    syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

static UNUSED pid_t pid_of(int index) { return index < 0 ? board->root : board->slot[index].pid; }
static UNUSED int64_t value_of(int index, int value) { return board->slot[index].value[value]; }

// When the root ends: the members follow, and its own children are reaped. A stopped or hung one is killed.
static void family_end(void)
{
    if (getpid() != board->root)
        return;
    shared_store(board->ended, 1);
    shared_store(board->round, board->round + 1);
    shared_wake(&board->round);
    for (int i = 0; i < 400; i++, sleep_ms(5)) {
        pid_t reaped;
        while ((reaped = waitpid(-1, NULL, WNOHANG | __WALL)) > 0)
            ;
        if (reaped == -1 && errno == ECHILD)
            return;
        siginfo_t child;
        for (uint32_t m = 0; i == 200 && m < board->size; m++)
            if (board->slot[m].pid && waitid(P_PID, (id_t)board->slot[m].pid, &child, WEXITED | WNOHANG | WNOWAIT | __WALL) == 0)
                kill(board->slot[m].pid, SIGKILL);
    }
}

// The root calls this before anything else of the family.
static void family_open(void)
{
    int fd = must(open(target_path("board"), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    must(ftruncate(fd, sizeof *board));
    board = must(mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
    close(fd);
    board->root = getpid();
    atexit(family_end);
}

static bool family_is_over(pid_t parent)
{
    return shared_load(board->ended) || getppid() != parent || kill(board->root, 0) != 0;
}

// What every member ends up in; it is in this wait that a checkpoint finds it.
static UNUSED _Noreturn void family_serve(void (*prove)(int index))
{
    struct family_slot *slot = &board->slot[family_me];
    pid_t parent = getppid(), pid = slot->pid;
    uint32_t seen = shared_load(board->round);
    shared_store(slot->answered, seen);
    shared_store(slot->ready, 1);
    for (;;) {
        while (shared_load(board->round) == seen) {
            shared_wait(&board->round, seen, FAMILY_LOOK_MS);
            if (family_is_over(parent))
                _exit(0);
        }
        if (family_is_over(parent))
            _exit(0);
        seen = shared_load(board->round);
        expect(getpid() == pid, "member %d had pid %d, has %d", family_me, pid, getpid());
        if (prove)
            prove(family_me);
        if (target_failure[0])
            snprintf(slot->failure, sizeof slot->failure, "%.*s", (int)sizeof slot->failure - 1, target_failure);
        shared_store(slot->answered, seen);
    }
}

static UNUSED void family_announce(int index)
{
    family_me = index;
    board->slot[index].pid = getpid();
}

static UNUSED _Noreturn void family_member(int index, void (*member_set_up)(int), void (*prove)(int))
{
    family_announce(index);
    if (member_set_up)
        member_set_up(index);
    family_serve(prove);
}

static UNUSED void family_expect(int index)
{
    struct family_slot *slot = &board->slot[index];
    memset(slot, 0, sizeof *slot);
    if (board->size <= (uint32_t)index)
        board->size = (uint32_t)index + 1;
}

// Makes member `index` a child of the caller, root or member, with these flags of clone(2) besides the signal. Not with CLONE_VM.
// With no flags it is a plain fork; otherwise the child must not rely on the C library's idea of its thread id.
static UNUSED pid_t family_clone(int index, unsigned long flags, void (*member_set_up)(int), void (*prove)(int))
{
    family_expect(index);
    pid_t child = must(flags == SIGCHLD ? fork() : (pid_t)syscall(SYS_clone, flags, NULL, NULL, NULL, NULL));
    if (child == 0)
        family_member(index, member_set_up, prove);
    board->slot[index].pid = child;
    return child;
}

static UNUSED pid_t family_fork(int index, void (*member_set_up)(int), void (*prove)(int))
{
    return family_clone(index, SIGCHLD, member_set_up, prove);
}

// Waits until member `index` serves.
static UNUSED void family_await(int index)
{
    expect(eventually(shared_load(board->slot[index].ready)), "member %d (pid %d) did not set up", index, board->slot[index].pid);
}

static UNUSED void family_await_all(int size)
{
    board->size = (uint32_t)size;
    for (int i = 0; i < size && !target_failure[0]; i++)
        family_await(i);
}

// The usual family: `size` children of the root.
static UNUSED void family_start(int size, void (*member_set_up)(int), void (*prove)(int))
{
    family_open();
    for (int i = 0; i < size; i++)
        family_fork(i, member_set_up, prove);
    family_await_all(size);
}

// Has every member run prove(its index), each for itself, while board->phase is `phase`; in the root, each failure becomes the target's.
static UNUSED void family_ask(int phase)
{
    board->phase = phase;
    uint32_t round = board->round + 1;
    shared_store(board->round, round);
    shared_wake(&board->round);
    for (uint32_t i = 0; i < board->size && !target_failure[0]; i++) {
        struct family_slot *slot = &board->slot[i];
        if (slot->pid == 0)
            continue;
        bool answered = eventually(shared_load(slot->answered) == round);
        expect(!slot->failure[0], "member %d (pid %d): %s", i, slot->pid, slot->failure);
        expect(answered, "member %d (pid %d) does not answer", i, slot->pid);
    }
}

static UNUSED void family_verify(void) { family_ask(0); }

// The state letter, parent, group, session, terminal and its foreground group of a process, from /proc/PID/stat; state 0 when there is none.
struct process_stat { char state; int parent, group, session, terminal, foreground; long threads; int exit_signal; };

static UNUSED struct process_stat stat_of(pid_t pid)
{
    struct process_stat s = { 0 };
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    slurp(path, text, sizeof text);
    char *rest = strrchr(text, ')');
    if (!rest)
        return s;
    sscanf(rest + 1, " %c %d %d %d %d %d", &s.state, &s.parent, &s.group, &s.session, &s.terminal, &s.foreground);
    for (int field = 2; rest && field <= 38; rest = strchr(rest + 1, ' '), field++) {
        if (field == 20)
            s.threads = atol(rest + 1);
        if (field == 38)
            s.exit_signal = atoi(rest + 1);
    }
    return s;
}

// Whether two processes share a KCMP_* object, or with KCMP_FILE whether two descriptors are one description.
static UNUSED bool same_object(pid_t one, pid_t other, int type, unsigned long index1, unsigned long index2)
{
    return must(syscall(SYS_kcmp, one, other, type, index1, index2)) == 0;
}

// Whether this process is a child of the caller that lives, without reaping anything.
static UNUSED bool is_my_living_child(pid_t pid)
{
    siginfo_t info = { 0 };
    return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) == 0 && info.si_pid == 0;
}
