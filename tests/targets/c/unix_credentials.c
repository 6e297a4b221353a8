// Credentials in the queues of Unix sockets of every type, where they change in a stream, SO_PEERCRED, and the options that only Unix
// sockets have.
#include "sockets.h"

#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83
#endif
#ifndef SO_PASSPIDFD
#define SO_PASSPIDFD 76
#endif

static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };
static int pair[3][2], peeked[2], options[2], listener, client, server;

static void queue(void)
{
    for (int i = 0; i < 3; i++) {
        must(send(pair[i][0], "with ", 5, 0));
        must(send(pair[i][0], "and more", 8, 0));
    }
}

static void set_up(void)
{
    for (int i = 0; i < 3; i++) {
        must(socketpair(AF_UNIX, types[i], 0, pair[i]));
        if (types[i] != SOCK_DGRAM)
            must(send(pair[i][0], "without ", 8, 0)); // nobody asks yet: no credentials travel with it
        must(setsockopt(pair[i][1], SOL_SOCKET, SO_PASSCRED, &(int) { 1 }, sizeof(int)));
    }
    queue();
    must(socketpair(AF_UNIX, SOCK_STREAM, 0, peeked));
    must(send(peeked[0], "0123456789", 10, 0));
    must(setsockopt(peeked[1], SOL_SOCKET, SO_PEEK_OFF, &(int) { 3 }, sizeof(int)));
    must(socketpair(AF_UNIX, SOCK_DGRAM, 0, options));
    setsockopt(options[0], SOL_SOCKET, SO_PASSRIGHTS, &(int) { 0 }, sizeof(int));
    setsockopt(options[1], SOL_SOCKET, SO_PASSPIDFD, &(int) { 1 }, sizeof(int));
    must(setsockopt(options[0], SOL_SOCKET, SO_TIMESTAMP, &(int) { 1 }, sizeof(int)));
    struct sockaddr_un address = unix_address("peers");
    listener = must(socket(AF_UNIX, SOCK_STREAM, 0));
    must(bind(listener, (struct sockaddr *)&address, sizeof address));
    must(listen(listener, 1));
    client = must(socket(AF_UNIX, SOCK_STREAM, 0));
    must(connect(client, (struct sockaddr *)&address, sizeof address));
    server = must(accept(listener, NULL, NULL));
}

// Receives what comes with one set of credentials, and proves both.
static void expect_from(int i, const char *text, bool known)
{
    char found[100] = "", control[200];
    struct iovec vector = { found, sizeof found - 1 };
    struct msghdr message = { .msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
    ssize_t n = recvmsg(pair[i][1], &message, MSG_DONTWAIT);
    expect(n == (ssize_t)strlen(text) && strcmp(found, text) == 0, "type %d: '%s' instead of '%s'", types[i], found, text);
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    expect(header && header->cmsg_type == SCM_CREDENTIALS, "type %d: '%s' comes without credentials", types[i], text);
    if (!header)
        return;
    struct ucred credentials;
    memcpy(&credentials, CMSG_DATA(header), sizeof credentials);
    expect(credentials.pid == (known ? getpid() : 0), "type %d: '%s' is of process %d", types[i], text, credentials.pid);
    expect(!known || (credentials.uid == getuid() && credentials.gid == getgid()), "type %d: '%s' is of user %u, group %u", types[i], text, credentials.uid, credentials.gid);
}

static void expect_peer(const char *what, int fd)
{
    struct ucred credentials;
    socklen_t size = sizeof credentials;
    must(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size));
    expect(credentials.pid == getpid() && credentials.uid == getuid() && credentials.gid == getgid(), "the peer of %s is process %d of user %u", what, credentials.pid, credentials.uid);
}

static void verify(void)
{
    static bool again;
    for (int i = 0; i < 3; i++) {
        if (!again && types[i] != SOCK_DGRAM)
            expect_from(i, "without ", false);
        expect_from(i, types[i] == SOCK_STREAM ? "with and more" : "with ", true);
        if (types[i] != SOCK_STREAM)
            expect_from(i, "and more", true);
        expect(recv(pair[i][1], &(char) { 0 }, 1, MSG_DONTWAIT) == -1 && errno == EAGAIN, "type %d has more", types[i]);
        expect(option_of(pair[i][1], SOL_SOCKET, SO_PASSCRED) == 1 && option_of(pair[i][0], SOL_SOCKET, SO_PASSCRED) == 0, "SO_PASSCRED changed");
        struct sockaddr_un address;
        socklen_t size = sizeof address;
        must(getsockname(pair[i][0], (struct sockaddr *)&address, &size));
        expect(size == sizeof(sa_family_t), "type %d has got a name", types[i]);
        expect_peer("a pair", pair[i][0]);
    }
    again = true;
    queue();
    char text[11] = "";
    expect(option_of(peeked[1], SOL_SOCKET, SO_PEEK_OFF) == 3, "SO_PEEK_OFF is %d", option_of(peeked[1], SOL_SOCKET, SO_PEEK_OFF));
    expect(recv(peeked[1], text, 2, MSG_PEEK) == 2 && text[0] == '3' && option_of(peeked[1], SOL_SOCKET, SO_PEEK_OFF) == 5, "the peek sees '%s'", text);
    must(setsockopt(peeked[1], SOL_SOCKET, SO_PEEK_OFF, &(int) { 3 }, sizeof(int)));
    int value = 0;
    socklen_t size = sizeof value;
    if (getsockopt(options[0], SOL_SOCKET, SO_PASSRIGHTS, &value, &size) == 0)
        expect(value == 0 && option_of(options[1], SOL_SOCKET, SO_PASSRIGHTS) == 1, "SO_PASSRIGHTS changed");
    if (getsockopt(options[1], SOL_SOCKET, SO_PASSPIDFD, &value, &size) == 0)
        expect(value == 1 && option_of(options[0], SOL_SOCKET, SO_PASSPIDFD) == 0, "SO_PASSPIDFD changed");
    expect(option_of(options[0], SOL_SOCKET, SO_TIMESTAMP) == 1, "SO_TIMESTAMP changed");
    expect_peer("the client", client), expect_peer("the server", server);
}

TARGET(set_up, verify)
