// A parent and its children that talk over Unix sockets: each holds one end, of pairs made before the fork and of connections made
// through a name after it, with data under way both ways; a datagram hub with the messages of several children; credentials of a child
// in a queue.
#include "sockets.h"
#include <sys/wait.h>

#define CHILDREN 3

static int ends[CHILDREN][2], listener, accepted[CHILDREN], hub, credentials[CHILDREN][2];
static pid_t children[CHILDREN];

// A child answers each byte on its pair: with what its other sockets have received, or with a complaint.
static void child(int i)
{
    struct sockaddr_un name = unix_address("listener"), hub_name = unix_address("hub"), own = unix_address("child0");
    own.sun_path[strlen(own.sun_path) - 1] += (char)i;
    int stream = must(socket(AF_UNIX, SOCK_STREAM, 0)), datagram = must(socket(AF_UNIX, SOCK_DGRAM, 0));
    must(connect(stream, (struct sockaddr *)&name, sizeof name));
    must(bind(datagram, (struct sockaddr *)&own, sizeof own));
    must(connect(datagram, (struct sockaddr *)&hub_name, sizeof hub_name));
    for (;;) {
        char text[20] = "";
        must(send(stream, "stream", 6, 0));
        must(send(datagram, &(char) { (char)('0' + i) }, 1, 0));
        must(send(credentials[i][1], "me", 2, 0));
        must(send(ends[i][1], "pair", 4, 0));
        if (recv(ends[i][1], text, 1, 0) != 1)
            _exit(0);
        if (recv(stream, text, 20, MSG_DONTWAIT) != 4 || memcmp(text, "down", 4) != 0)
            fail("child %d: '%s' came down", i, text);
    }
}

static void set_up(void)
{
    struct sockaddr_un name = unix_address("listener"), hub_name = unix_address("hub");
    listener = must(socket(AF_UNIX, SOCK_STREAM, 0));
    must(bind(listener, (struct sockaddr *)&name, sizeof name));
    must(listen(listener, 5));
    hub = must(socket(AF_UNIX, SOCK_DGRAM, 0));
    must(bind(hub, (struct sockaddr *)&hub_name, sizeof hub_name));
    for (int i = 0; i < CHILDREN; i++) {
        must(socketpair(AF_UNIX, SOCK_STREAM, 0, ends[i]));
        must(socketpair(AF_UNIX, i == 1 ? SOCK_SEQPACKET : SOCK_STREAM, 0, credentials[i]));
        must(setsockopt(credentials[i][0], SOL_SOCKET, SO_PASSCRED, &(int) { 1 }, sizeof(int)));
    }
    for (int i = 0; i < CHILDREN; i++) {
        children[i] = must(fork());
        if (children[i] == 0) {
            for (int other = 0; other < CHILDREN; other++) {
                close(ends[other][0]), close(credentials[other][0]);
                if (other != i)
                    close(ends[other][1]), close(credentials[other][1]);
            }
            close(listener), close(hub);
            child(i);
        }
        close(ends[i][1]), close(credentials[i][1]);
        accepted[i] = must(accept(listener, NULL, NULL));
        must(send(accepted[i], "down", 4, 0));
        expect(recv(ends[i][0], &(char[4]) { 0 }, 4, MSG_PEEK | MSG_WAITALL) == 4, "child %d is dumb", i);
    }
}

static void expect_credentials(int i)
{
    char text[20] = "", control[200];
    struct iovec vector = { text, sizeof text };
    struct msghdr message = { .msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
    expect(recvmsg(credentials[i][0], &message, MSG_DONTWAIT) == 2, "child %d: '%s' with credentials", i, text);
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    struct ucred sender = { 0 };
    if (header && header->cmsg_type == SCM_CREDENTIALS)
        memcpy(&sender, CMSG_DATA(header), sizeof sender);
    expect(sender.pid == children[i] && sender.uid == getuid(), "the credentials are of process %d, user %u", sender.pid, sender.uid);
}

static void verify(void)
{
    for (int i = 0; i < CHILDREN; i++) {
        struct sockaddr_un address = { 0 };
        socklen_t size = sizeof address;
        char text[20] = "", name[] = "child0";
        name[5] += (char)i;
        expect(recvfrom(hub, text, 20, MSG_DONTWAIT, (struct sockaddr *)&address, &size) == 1 && text[0] == '0' + i, "the hub holds '%s'", text);
        expect(strcmp(address.sun_path, target_path(name)) == 0, "the hub's message is from '%s'", address.sun_path);
    }
    for (int i = 0; i < CHILDREN; i++) {
        char text[20] = "";
        expect(recv(accepted[i], text, 20, MSG_DONTWAIT) == 6 && memcmp(text, "stream", 6) == 0, "child %d sent '%s' over the stream", i, text);
        expect(recv(ends[i][0], text, 20, MSG_DONTWAIT) == 4 && memcmp(text, "pair", 4) == 0, "child %d sent '%s' over the pair", i, text);
        expect_credentials(i);
        must(send(ends[i][0], "?", 1, 0));
        expect(recv(ends[i][0], text, 4, MSG_PEEK | MSG_WAITALL) == 4, "child %d is dead", i);
        must(send(accepted[i], "down", 4, 0));
    }
}

TARGET(set_up, verify)
