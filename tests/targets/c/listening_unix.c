// Listening Unix sockets, by path and abstract, stream and packets: they accept new connections; a bound datagram socket receives.
#include "sockets.h"
#include <stddef.h>

static int listener[3], datagram;
static struct sockaddr_un address[3];
static socklen_t size[3];

static void set_up(void)
{
    for (int i = 0; i < 3; i++) {
        address[i] = unix_address(i == 1 ? "packets" : "stream");
        size[i] = sizeof address[i];
        if (i == 2) {
            int length = snprintf(address[i].sun_path, 90, "_torpor-target-%d-%ld", getpid(), (long)time(NULL));
            address[i].sun_path[0] = 0; // abstract: the name starts with a zero byte and ends with its size
            size[i] = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)length);
        }
        listener[i] = must(socket(AF_UNIX, (i == 1 ? SOCK_SEQPACKET : SOCK_STREAM) | SOCK_NONBLOCK, 0));
        must(bind(listener[i], (struct sockaddr *)&address[i], size[i]));
        must(listen(listener[i], 7));
    }
    must(chmod(target_path("stream"), 0600));
    struct sockaddr_un name = unix_address("datagram");
    datagram = must(socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0));
    must(bind(datagram, (struct sockaddr *)&name, sizeof name));
}

static void verify(void)
{
    for (int i = 0; i < 3; i++) {
        char text[8] = "";
        int client = must(socket(AF_UNIX, i == 1 ? SOCK_SEQPACKET : SOCK_STREAM, 0));
        if (connect(client, (struct sockaddr *)&address[i], size[i]) != 0) {
            fail("connect to socket %d: %s", i, strerror(errno));
            return;
        }
        int server = accept(listener[i], NULL, NULL);
        expect(server >= 0, "accept on socket %d: %s", i, strerror(errno));
        must(send(client, "hello", 5, 0));
        expect(recv(server, text, 8, 0) == 5 && memcmp(text, "hello", 5) == 0, "the connection of socket %d is dumb", i);
        close(server), close(client);
        expect(accept(listener[i], NULL, NULL) == -1 && errno == EAGAIN, "someone else is connected to socket %d", i);
        expect(option_of(listener[i], SOL_SOCKET, SO_ACCEPTCONN) == 1, "socket %d does not listen", i);
    }
    struct stat status;
    must(stat(target_path("stream"), &status));
    expect(S_ISSOCK(status.st_mode) && (status.st_mode & 0777) == 0600, "the socket's mode is %o", status.st_mode);
    struct sockaddr_un name = unix_address("datagram");
    char text[8];
    int client = must(socket(AF_UNIX, SOCK_DGRAM, 0));
    expect(sendto(client, "post", 4, 0, (struct sockaddr *)&name, sizeof name) == 4, "sendto: %s", strerror(errno));
    expect(recv(datagram, text, 8, 0) == 4, "the datagram does not arrive");
    close(client);
}

TARGET(set_up, verify)
