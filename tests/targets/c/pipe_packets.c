// A pipe in packet mode (O_DIRECT): the queued packets keep their bounds.
#include "target.h"

static const size_t sizes[] = { 1, 4096, 7, 100, 4000, 3 };
static int ends[2];

static void queue(void)
{
    char packet[4096];
    for (size_t i = 0; i < COUNT(sizes); i++) {
        memset(packet, 'a' + (int)i, sizeof packet);
        expect(write(ends[1], packet, sizes[i]) == (ssize_t)sizes[i], "packet %zu can't be written", i);
    }
}

static void set_up(void)
{
    must(pipe2(ends, O_DIRECT | O_NONBLOCK));
    queue();
}

static void verify(void)
{
    char packet[8192];
    for (size_t i = 0; i < COUNT(sizes); i++) {
        ssize_t n = read(ends[0], packet, sizeof packet);
        expect(n == (ssize_t)sizes[i] && packet[0] == 'a' + (int)i && packet[n - 1] == packet[0], "packet %zu has %zd bytes, not %zu", i, n, sizes[i]);
    }
    expect(read(ends[0], packet, 1) == -1 && errno == EAGAIN, "there are more packets");
    expect(fcntl(ends[1], F_GETFL) & O_DIRECT, "packet mode is off");
    queue();
}

TARGET(set_up, verify)
