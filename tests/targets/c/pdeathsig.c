// The signal a child gets when its parent ends (PR_SET_PDEATHSIG): each has the one it set, a new child has none, and it comes when the parent ends.
#include "family.h"

// The root is a subreaper. 0 is the parent of 1 (SIGUSR1), 2 (real-time) and 3 (none), and ends at each check; then all are made anew.
enum { PARENT, CHILDREN = 1, MEMBERS = 4 };
static const int signals[MEMBERS] = { 0, SIGUSR1, 40, 0 };

static void handler(int signal, siginfo_t *info, void *context UNUSED)
{
    board->slot[family_me].value[0] = signal;
    board->slot[family_me].value[1] = info->si_pid;
    board->slot[family_me].value[2]++;
}

static int death_signal(void)
{
    int signal = -1;
    must(prctl(PR_GET_PDEATHSIG, &signal));
    return signal;
}

// Its parent ends, so it can't live by the family's rules.
static void child(int i)
{
    struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_RESTART };
    uint32_t seen = 0;
    family_announce(i);
    must(sigaction(SIGUSR1, &action, NULL));
    must(sigaction(40, &action, NULL));
    must(prctl(PR_SET_PDEATHSIG, signals[i]));
    pid_t parent = getppid();
    shared_store(board->slot[i].ready, 1);
    for (;; sleep_ms(2)) {
        if (shared_load(board->ended) || kill(board->root, 0) != 0 || board->phase == 3)
            _exit(0);
        if (board->phase == 1 && shared_load(board->round) != seen) {
            seen = shared_load(board->round);
            expect(getppid() == parent && death_signal() == signals[i], "child %d has signal %d, parent %d", i, death_signal(), getppid());
            expect(board->slot[i].value[2] == 0, "child %d got a signal before its parent ended", i);
            pid_t new = must(fork());
            if (new == 0)
                _exit(death_signal());
            int status = 0;
            expect(waitpid(new, &status, 0) == new && status == 0, "a new child has signal %d", WEXITSTATUS(status));
            snprintf(board->slot[i].failure, sizeof board->slot[i].failure, "%.180s", target_failure);
            shared_store(board->slot[i].answered, seen);
        }
    }
}

static void parent_prove(int i UNUSED)
{
    if (board->phase == 2)
        _exit(9);
}

static void parent_set(int i UNUSED)
{
    for (int c = CHILDREN; c < MEMBERS; c++)
        if (must(fork()) == 0)
            child(c);
}

static void make(void)
{
    for (int i = CHILDREN; i < MEMBERS; i++)
        family_expect(i);
    board->phase = 0;
    family_fork(PARENT, parent_set, parent_prove);
    family_await_all(MEMBERS);
}

static void set_up(void)
{
    family_open();
    must(prctl(PR_SET_CHILD_SUBREAPER, 1));
    make();
}

static void verify(void)
{
    int status = 0;
    expect(death_signal() == 0, "the root has a parent-death signal");
    family_ask(1);
    pid_t parent = pid_of(PARENT);
    for (int i = PARENT; i < MEMBERS; i++)
        board->slot[i].answered = 0;
    board->phase = 2;
    shared_store(board->round, board->round + 1);
    shared_wake(&board->round);
    expect(waitpid(parent, &status, 0) == parent && WEXITSTATUS(status) == 9, "the parent ended with %x", status);
    for (int i = CHILDREN; i < MEMBERS; i++) {
        expect(eventually(value_of(i, 0) == signals[i]), "child %d got signal %ld at the end of its parent", i, (long)value_of(i, 0));
        expect(signals[i] == 0 || (value_of(i, 1) == parent && value_of(i, 2) == 1), "child %d got %ld signals, from %ld", i, (long)value_of(i, 2), (long)value_of(i, 1));
    }
    sleep_ms(20);
    expect(value_of(3, 2) == 0, "the child without a signal got one");
    board->phase = 3;
    for (int i = CHILDREN; i < MEMBERS; i++)
        expect(waitpid(pid_of(i), NULL, 0) == pid_of(i), "child %d did not become the root's", i);
    make();
}

TARGET(set_up, verify)
