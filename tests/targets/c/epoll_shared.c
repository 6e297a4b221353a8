// Epolls that several processes have: one interest list and one ready list. Some targets are open only in another process than where they were
// added; one number was added twice, for two descriptions.
#include "family.h"
#include <sys/epoll.h>

// The root adds the ends of three pipes. It closes `childs`, which only member 0 keeps, and opens another pipe under the number of `reused`, of which
// member 1 alone keeps the first description; both are watched.
enum { MEMBERS = 2, CHILDS = 60, REUSED = 61, OPEN = 62, WRITERS = 70 };
static int shared, own;

static void make_pipe(int n, int reader)
{
    int ends[2];
    must(pipe(ends));
    must(dup2(ends[0], reader));
    must(dup2(ends[1], WRITERS + n));
    close(ends[0]);
    close(ends[1]);
}

static void add(int epoll, int fd, uint32_t events, uint64_t data)
{
    must(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &(struct epoll_event) { .events = events, .data.u64 = data }));
}

// Makes pipe n readable; exactly its event comes, and process i, if it has the pipe, reads it empty.
static void expect_event(int i, int n, uint64_t data, int reader)
{
    struct epoll_event events[8];
    char byte;
    expect(epoll_wait(shared, events, 8, 0) == 0, "process %d: pipe %lx is ready before", i, (unsigned long)events[0].data.u64);
    must(write(WRITERS + n, "x", 1));
    int ready = epoll_wait(shared, events, 8, 1000);
    expect(ready == 1 && events[0].events == EPOLLIN && events[0].data.u64 == data, "process %d: %d events, %lx with data %lx, for pipe %lx", i, ready, (unsigned long)
        (ready > 0 ? events[0].events : 0), (unsigned long)(ready > 0 ? events[0].data.u64 : 0), (unsigned long)data);
    expect(reader < 0 || read(reader, &byte, 1) == 1, "process %d can't read pipe %lx", i, (unsigned long)data);
}

static void prove(int i)
{
    struct epoll_event event;
    char byte;
    if (board->phase == 10 + i && i == 0) {
        expect_event(i, 0, 0xc1, CHILDS);
        expect_event(i, 2, 0xa3, OPEN);
    }
    if (board->phase == 10 + i && i == 1) {
        expect_event(i, 1, 0xb2, REUSED);
        expect(epoll_wait(own, &event, 1, 0) == 0, "the epoll of member 1 is ready");
    }
    if (board->phase == 20 && i == 0) {
        expect(read(CHILDS, &byte, 1) == 1, "the pipe that the root wrote to");
        must(epoll_ctl(shared, EPOLL_CTL_MOD, CHILDS, &(struct epoll_event) { .events = EPOLLIN | EPOLLONESHOT, .data.u64 = 0xdd }));
    }
    if (board->phase == 21 && i == 0) {
        expect(read(CHILDS, &byte, 1) == 1, "the pipe that the root wrote to");
        must(epoll_ctl(shared, EPOLL_CTL_MOD, CHILDS, &(struct epoll_event) { .events = EPOLLIN, .data.u64 = 0xc1 }));
    }
}

static void set(int i)
{
    if (i != 0)
        close(CHILDS);
    if (i == 0)
        close(REUSED);
    if (i == 1) {
        own = must(epoll_create1(0));
        add(own, REUSED, EPOLLIN, 5);
        add(own, shared, EPOLLIN, 6); // an epoll in an epoll
    }
}

static void set_up(void)
{
    for (int n = 0; n < 3; n++)
        make_pipe(n, CHILDS + n);
    shared = must(epoll_create1(0));
    add(shared, CHILDS, EPOLLIN, 0xc1);
    add(shared, REUSED, EPOLLIN, 0xb2);
    add(shared, OPEN, EPOLLIN, 0xa3);
    family_start(MEMBERS, set, prove);
    close(CHILDS);
    make_pipe(3, REUSED); // closes the first
    add(shared, REUSED, EPOLLIN, 0xb4);
}

static void verify(void)
{
    struct epoll_event event;
    expect(fcntl(CHILDS, F_GETFD) == -1, "the root has what only member 0 had");
    family_ask(10);
    family_ask(11);
    expect_event(-1, 3, 0xb4, REUSED);
    expect_event(-1, 0, 0xc1, -1);
    family_ask(20);
    expect_event(-1, 0, 0xdd, -1);
    expect(epoll_wait(shared, &event, 1, 0) == 0, "a one-shot event comes twice");
    family_ask(21);
    for (int i = 0; i < MEMBERS; i++)
        expect(same_object(board->root, pid_of(i), KCMP_FILE, (unsigned long)shared, (unsigned long)shared), "member %d has another epoll", i);
}

TARGET(set_up, verify)
