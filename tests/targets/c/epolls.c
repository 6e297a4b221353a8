// epoll: many descriptors with their events and 64 bits of data, edge-triggered and one-shot ones, nested.
#include "target.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>

enum { FDS = 200, ONE_SHOT = 10, DISARMED = 11, EDGE = 12 };
static int epoll, outer, fd[FDS];

static uint32_t events(int i) { return EPOLLIN | (i == ONE_SHOT || i == DISARMED ? EPOLLONESHOT : i == EDGE ? EPOLLET : 0); }

static int ready(int instance, struct epoll_event *event)
{
    int n;
    while ((n = epoll_wait(instance, event, 1, 0)) == -1 && errno == EINTR)
        ;
    return n;
}

static void set_up(void)
{
    epoll = must(epoll_create1(EPOLL_CLOEXEC));
    outer = must(epoll_create1(0));
    for (int i = 0; i < FDS; i++) {
        fd[i] = must(eventfd(0, EFD_NONBLOCK));
        must(epoll_ctl(epoll, EPOLL_CTL_ADD, fd[i], &(struct epoll_event) { .events = events(i), .data.u64 = mix(i) }));
    }
    must(epoll_ctl(outer, EPOLL_CTL_ADD, epoll, &(struct epoll_event) { .events = EPOLLIN, .data.u64 = 99 }));
    struct epoll_event event;
    must(write(fd[DISARMED], &(uint64_t) { 1 }, 8));
    expect(ready(epoll, &event) == 1, "the one-shot does not fire"); // and is disarmed now
}

static void verify(void)
{
    struct epoll_event event;
    uint64_t value;
    expect(ready(epoll, &event) == 0, "something is ready at first: %lx", (long)event.data.u64);
    for (int i = 0; i < FDS; i++) {
        if (i == DISARMED)
            continue;
        must(write(fd[i], &(uint64_t) { 1 }, 8));
        expect(ready(outer, &event) == 1 && event.data.u64 == 99, "the outer epoll does not see descriptor %d", i);
        expect(ready(epoll, &event) == 1 && event.data.u64 == mix(i), "descriptor %d gives data %lx", i, (long)event.data.u64);
        if (i == ONE_SHOT) {
            expect(ready(epoll, &event) == 0, "the one-shot fires twice");
            must(read(fd[i], &value, 8));
            must(epoll_ctl(epoll, EPOLL_CTL_MOD, fd[i], &(struct epoll_event) { .events = events(i), .data.u64 = mix(i) }));
            continue;
        }
        if (i == EDGE)
            expect(ready(epoll, &event) == 0, "the edge fires twice");
        must(read(fd[i], &value, 8));
    }
}

TARGET(set_up, verify)
