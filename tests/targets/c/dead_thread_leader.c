// Processes whose first thread has ended while others go on: the process keeps its pid, the first thread stays a zombie, the others keep their ids.
#include "crew.h"
#include "family.h"

enum { MEMBERS = 3 };
static pid_t ids[4], server;
static void prove(int i);

static void set_thread(int t) { ids[t] = (pid_t)syscall(SYS_gettid); }
static void prove_thread(int t) { expect(syscall(SYS_gettid) == ids[t] && ids[t] != getpid(), "thread %d was %d, is %ld", t, ids[t], syscall(SYS_gettid)); }

static void *serve(void *argument UNUSED)
{
    server = (pid_t)syscall(SYS_gettid);
    family_serve(prove);
}

// Member 0 has one thread left, 1 has two, 2 has four.
static void set(int i)
{
    if (i > 0)
        crew_start(i == 1 ? 1 : 3, set_thread, prove_thread);
    spawn(serve, NULL);
    pthread_exit(NULL);
}

static char state_of_thread(pid_t tid)
{
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", tid);
    slurp(path, text, sizeof text);
    char *end = strrchr(text, ')');
    return end ? end[2] : 0;
}

static void prove(int i)
{
    struct process_stat s = stat_of(getpid());
    expect(s.threads == (i == 2 ? 5 : i + 2), "member %d has %ld threads", i, s.threads);
    expect(state_of_thread(getpid()) == 'Z' && s.state == 'Z', "the first thread of member %d has state %c", i, s.state ? s.state : '-');
    expect(syscall(SYS_gettid) == server && server != getpid(), "the serving thread was %d, is %ld", server, syscall(SYS_gettid));
    expect(getppid() == board->root, "member %d has parent %d", i, getppid());
    if (i > 0)
        crew_verify();
}

static void set_up(void) { family_start(MEMBERS, set, prove); }

static void verify(void)
{
    for (int i = 0; i < MEMBERS; i++)
        expect(is_my_living_child(pid_of(i)), "the root has lost member %d", i);
    family_verify();
}

TARGET(set_up, verify)
