// Unix datagram sockets: connected one way, several to one, to each other, to a name that is gone, to a socket that has closed; a pair of
// which one turned away; queues of many senders with and without names, in order, with messages of no bytes and of 100 KB.
#include "sockets.h"
#include <stddef.h>
#include <sys/ioctl.h>

static int hub, left, right, spoke[3], unnamed, deleted, to_deleted, to_closed, to_closed_pair, pair[2], mates[2], automatic, large[2];
static char automatic_name[16];
static bool first = true;

static int bound(const char *name)
{
    struct sockaddr_un address = unix_address(name);
    int fd = must(socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0));
    unlink(address.sun_path);
    must(bind(fd, (struct sockaddr *)&address, sizeof address));
    return fd;
}

static void connect_to(int fd, const char *name)
{
    struct sockaddr_un address = unix_address(name);
    must(connect(fd, (struct sockaddr *)&address, sizeof address));
}

static void post(int fd, const char *name, const char *text)
{
    struct sockaddr_un address = unix_address(name);
    must(sendto(fd, text, strlen(text), 0, (struct sockaddr *)&address, sizeof address));
}

static void expect_post(const char *what, int fd, const char *text, const char *sender)
{
    struct sockaddr_un address = { 0 };
    socklen_t size = sizeof address;
    char found[200] = "", path[200] = "";
    ssize_t n = recvfrom(fd, found, sizeof found, MSG_DONTWAIT, (struct sockaddr *)&address, &size);
    if (size > sizeof(sa_family_t))
        memcpy(path, address.sun_path, sizeof address.sun_path);
    const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    expect(n == (ssize_t)strlen(text) && memcmp(found, text, (size_t)n) == 0, "%s: '%s' instead of '%s' (%zd)", what, found, text, n);
    expect(strcmp(base, sender) == 0, "%s: '%s' is from '%s', not from '%s'", what, text, base, sender);
}

static void expect_empty(const char *what, int fd)
{
    expect(recv(fd, &(char) { 0 }, 1, MSG_DONTWAIT) == -1 && errno == EAGAIN, "%s has more", what);
}

static void queue(void)
{
    post(spoke[0], "hub", "one");
    post(unnamed, "hub", "two");
    int gone = bound("gone");
    post(gone, "hub", "three");
    post(spoke[1], "hub", "");
    post(spoke[2], "hub", "four");
    close(gone);
    must(unlink(target_path("gone")));
    must(send(left, "to the right", 12, 0));
    must(send(right, "to the left", 11, 0));
    must(send(to_deleted, "still there", 11, 0));
    must(send(pair[0], "pair", 4, 0));
    must(send(mates[0], "mate", 4, 0));
    char text[100000];
    for (int i = 0; i < 20; i++) {
        memset(text, 'a' + i, sizeof text);
        must(send(large[0], text, i == 0 ? sizeof text : 3000, 0));
    }
}

static void set_up(void)
{
    must(mkdir(target_path("dir"), 0777));
    hub = bound("hub");
    left = bound("left"), right = bound("right");
    connect_to(left, "right"), connect_to(right, "left");
    for (int i = 0; i < 3; i++) {
        char name[] = "spoke0";
        name[5] += (char)i;
        spoke[i] = bound(name);
        if (i > 0)
            connect_to(spoke[i], "hub");
    }
    unnamed = must(socket(AF_UNIX, SOCK_DGRAM, 0));
    deleted = bound("dir/deleted");
    to_deleted = must(socket(AF_UNIX, SOCK_DGRAM, 0));
    connect_to(to_deleted, "dir/deleted");
    must(unlink(target_path("dir/deleted")));
    must(rmdir(target_path("dir")));
    int closed = bound("closed");
    to_closed = must(socket(AF_UNIX, SOCK_DGRAM, 0));
    connect_to(to_closed, "closed");
    close(closed);
    must(unlink(target_path("closed")));
    must(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair));
    int widows[2];
    must(socketpair(AF_UNIX, SOCK_DGRAM, 0, widows));
    to_closed_pair = widows[0];
    close(widows[1]);
    // The second of these turned away: the first still sends to it.
    must(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, mates));
    connect_to(mates[1], "hub");
    option_of(mates[0], SOL_SOCKET, SO_ERROR);
    must(connect(mates[1], &(struct sockaddr) { .sa_family = AF_UNSPEC }, sizeof(struct sockaddr)));
    automatic = must(socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0));
    must(bind(automatic, &(struct sockaddr) { .sa_family = AF_UNIX }, sizeof(sa_family_t)));
    struct sockaddr_un address;
    socklen_t size = sizeof address;
    must(getsockname(automatic, (struct sockaddr *)&address, &size));
    memcpy(automatic_name, address.sun_path, 6);
    must(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, large));
    queue();
}

static void expect_queues(void)
{
    expect_post("hub", hub, "one", "spoke0");
    expect_post("hub", hub, "two", "");
    // A message is shown with the name that its sender has, or had.
    expect_post("hub", hub, "three", "gone");
    expect_post("hub", hub, "", "spoke1");
    expect_post("hub", hub, "four", "spoke2");
    expect_empty("hub", hub);
    expect_post("right", right, "to the right", "left");
    expect_post("left", left, "to the left", "right");
    expect_post("deleted", deleted, "still there", "");
    expect_post("pair", pair[1], "pair", "");
    expect_post("mates", mates[1], "mate", "");
    int room = 0;
    must(ioctl(large[0], TIOCOUTQ, &room));
    expect(room > 150000, "only %d bytes are on their way", room);
    for (int i = 0; i < 20; i++) {
        static char text[100001];
        ssize_t n = recv(large[1], text, sizeof text, 0);
        expect(n == (i == 0 ? 100000 : 3000) && text[0] == 'a' + i && text[n - 1] == text[0], "large message %d has %zd bytes", i, n);
    }
    expect_empty("large", large[1]);
}

static void verify(void)
{
    char text[20];
    expect_queues();
    // Only its peer may send to a connected socket.
    struct sockaddr_un address = unix_address("left");
    expect(sendto(unnamed, "x", 1, 0, (struct sockaddr *)&address, sizeof address) == -1 && errno == EPERM, "left takes what is not from right");
    expect(send(to_closed, "x", 1, 0) == -1 && errno == (first ? ECONNREFUSED : ENOTCONN), "to_closed: %s", strerror(errno));
    expect(send(to_closed_pair, "x", 1, 0) == -1 && errno == (first ? ECONNREFUSED : ENOTCONN), "to_closed_pair: %s", strerror(errno));
    expect(send(mates[1], "x", 1, 0) == -1 && errno == ENOTCONN, "the mate that turned away is connected");
    expect(send(unnamed, "x", 1, 0) == -1 && errno == ENOTCONN, "unnamed is connected");
    expect(option_of(mates[0], SOL_SOCKET, SO_ERROR) == 0 && option_of(mates[1], SOL_SOCKET, SO_ERROR) == 0, "an error waits");
    socklen_t size = sizeof address;
    must(getsockname(automatic, (struct sockaddr *)&address, &size));
    expect(size == sizeof(sa_family_t) + 6 && memcmp(address.sun_path, automatic_name, 6) == 0, "the automatic name changed");
    expect(sendto(unnamed, "auto", 4, 0, (struct sockaddr *)&address, size) == 4 && recv(automatic, text, 20, 0) == 4, "the automatic name leads nowhere");
    expect(access(target_path("closed"), F_OK) == -1 && access(target_path("gone"), F_OK) == -1 && access(target_path("dir"), F_OK) == -1, "a name came back");
    // Connected to sockets that have closed once more: a failed send disconnects.
    int closed = bound("closed");
    connect_to(to_closed, "closed");
    close(closed);
    must(unlink(target_path("closed")));
    first = true;
    connect_to(to_closed_pair, "hub");
    must(connect(to_closed_pair, &(struct sockaddr) { .sa_family = AF_UNSPEC }, sizeof(struct sockaddr)));
    int widows[2];
    must(socketpair(AF_UNIX, SOCK_DGRAM, 0, widows));
    must(dup2(widows[0], to_closed_pair));
    close(widows[0]), close(widows[1]);
    queue();
}

TARGET(set_up, verify)
