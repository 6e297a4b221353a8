// The parent of a child is the thread that made it: its parent-death signal comes when that thread ends, though the process goes on, and not when
// another thread does.
#include "family.h"

// Member 0 is the process with the threads; thread t makes child 1 + t. The threads end at each check, the one after the other.
enum { PROCESS, THREADS = 3, MEMBERS = 1 + THREADS };
static volatile int leave[THREADS];
static pthread_t thread[THREADS];

static void handler(int signal UNUSED) { board->slot[family_me].value[0]++; }

static void child(int i)
{
    family_announce(i);
    must(sigaction(SIGUSR1, &(struct sigaction) { .sa_handler = handler }, NULL));
    must(prctl(PR_SET_PDEATHSIG, SIGUSR1));
    pid_t parent = getppid();
    shared_store(board->slot[i].ready, 1);
    while (!family_is_over(parent) && board->slot[i].value[1] == 0)
        sleep_ms(2);
    _exit(0);
}

static void *make_child(void *argument)
{
    int t = (int)(intptr_t)argument;
    memset(&board->slot[1 + t], 0, sizeof board->slot[1 + t]); // beyond the family's size: the children answer in their own way
    pid_t pid = must(fork());
    if (pid == 0)
        child(1 + t);
    board->slot[1 + t].pid = pid;
    family_await(1 + t);
    while (!leave[t])
        sleep_ms(2);
    return NULL;
}

static void make(void)
{
    for (int t = 0; t < THREADS; t++) {
        leave[t] = 0;
        thread[t] = spawn(make_child, (void *)(intptr_t)t);
    }
    for (int t = 0; t < THREADS; t++)
        expect(eventually(board->slot[1 + t].pid && shared_load(board->slot[1 + t].ready)), "child %d was not made", t);
}

static void set(int i UNUSED) { make(); }

static void prove(int i UNUSED)
{
    static const int order[THREADS] = { 1, 0, 2 };
    bool ended[THREADS] = { false };
    for (int o = 0; o < THREADS; o++) {
        for (int t = 0; t < THREADS; t++)
            expect(value_of(1 + t, 0) == ended[t], "child %d got %ld signals before thread %d ended", t, (long)value_of(1 + t, 0), order[o]);
        int t = order[o];
        leave[t] = ended[t] = true;
        pthread_join(thread[t], NULL);
        expect(eventually(value_of(1 + t, 0) == 1), "child %d got no signal when its thread ended", t);
        expect(is_my_living_child(pid_of(1 + t)), "child %d is no child of the process any more", t);
    }
    sleep_ms(10);
    for (int t = 0; t < THREADS; t++) {
        expect(value_of(1 + t, 0) == 1, "child %d got %ld signals", t, (long)value_of(1 + t, 0));
        board->slot[1 + t].value[1] = 1;
        expect(waitpid(pid_of(1 + t), NULL, 0) == pid_of(1 + t), "child %d can't be reaped", t);
    }
    make();
}

static void set_up(void)
{
    family_open();
    family_fork(PROCESS, set, prove);
    family_await(PROCESS);
}

TARGET(set_up, family_verify)
