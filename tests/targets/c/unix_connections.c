// Unix connections through names: accepted ones whose socket still listens, was closed, lost its file; waiting ones in order; relative
// names, names of 108 bytes and of odd bytes; clients with names of their own; names that others took over.
#include "sockets.h"
#include <stddef.h>

typedef struct { struct sockaddr_un address; socklen_t size; } Name;

static Name names[8];
enum { OPEN, CLOSED, UNLINKED, RELATIVE, LONG, ODD, ABSTRACT, REPLACED };
static int listener[8], server[8], client[8], waiting[3], own, packets[2], replacement;
static char directory[PATH_MAX];

static Name path_name(const char *path)
{
    Name name = { .address.sun_family = AF_UNIX };
    size_t length = strlen(path);
    memcpy(name.address.sun_path, path, length);
    name.size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + (length < sizeof name.address.sun_path));
    return name;
}

static int listen_at(Name *name, int type)
{
    int fd = must(socket(AF_UNIX, type, 0));
    must(bind(fd, (struct sockaddr *)&name->address, name->size));
    must(listen(fd, 5));
    return fd;
}

static void connect_at(int i, int type)
{
    client[i] = must(socket(AF_UNIX, type, 0));
    must(connect(client[i], (struct sockaddr *)&names[i].address, names[i].size));
    server[i] = must(accept(listener[i], NULL, NULL));
}

static void wait_for(int i)
{
    waiting[i] = must(socket(AF_UNIX, SOCK_STREAM, 0));
    must(connect(waiting[i], (struct sockaddr *)&names[OPEN].address, names[OPEN].size));
}

static void set_up(void)
{
    snprintf(directory, sizeof directory, "%s", target_path("below"));
    must(mkdir(directory, 0777));
    must(open(directory, O_RDONLY | O_DIRECTORY)); // an ordinary user could not find out where a relative name is
    must(chdir(directory));
    names[OPEN] = path_name(target_path("open"));
    names[CLOSED] = path_name(target_path("closed"));
    names[UNLINKED] = path_name(target_path("unlinked"));
    names[RELATIVE] = path_name("near");
    char text[200];
    memset(text, '/', sizeof text);
    size_t length = (size_t)snprintf(text, sizeof text, "%s", target_path(""));
    memset(text + length, 'n', 108 - length), text[108] = 0;
    names[LONG] = path_name(text);
    names[ODD] = path_name(target_path("\xff\xfe\x01 \n%"));
    names[ABSTRACT] = (Name) { .address.sun_family = AF_UNIX };
    int size = snprintf(text, sizeof text, "%c\xff\n%d-%ld", 0, getpid(), (long)time(NULL));
    memcpy(names[ABSTRACT].address.sun_path, text, (size_t)size + 1); // with a zero byte at its end, which counts
    names[ABSTRACT].size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)size + 1);
    names[REPLACED] = path_name(target_path("replaced"));
    for (int i = 0; i < 8; i++) {
        listener[i] = listen_at(&names[i], i == ODD ? SOCK_SEQPACKET : SOCK_STREAM);
        connect_at(i, i == ODD ? SOCK_SEQPACKET : SOCK_STREAM);
    }
    must(chmod(names[CLOSED].address.sun_path, 0640));
    close(listener[CLOSED]);
    must(unlink(names[UNLINKED].address.sun_path));
    must(unlink(names[REPLACED].address.sun_path));
    replacement = listen_at(&names[REPLACED], SOCK_STREAM);
    Name mine = path_name(target_path("mine"));
    own = must(socket(AF_UNIX, SOCK_STREAM, 0));
    must(bind(own, (struct sockaddr *)&mine.address, mine.size));
    must(connect(own, (struct sockaddr *)&names[ABSTRACT].address, names[ABSTRACT].size));
    packets[0] = must(accept(listener[ABSTRACT], NULL, NULL));
    for (int i = 0; i < 3; i++)
        wait_for(i);
    must(chdir("/"));
}

static void expect_name(const char *what, int i, int fd, bool peer, Name *name)
{
    Name found = { .size = sizeof found.address };
    int result = peer ? getpeername(fd, (struct sockaddr *)&found.address, &found.size) : getsockname(fd, (struct sockaddr *)&found.address, &found.size);
    socklen_t size = name->size;
    // The kernel counts a NUL behind every path, and has room for it.
    if (name->address.sun_path[0] && size - offsetof(struct sockaddr_un, sun_path) == sizeof name->address.sun_path)
        size++;
    expect(result == 0 && found.size == size && memcmp(&found.address, &name->address, name->size) == 0, "%s %d has another name (%u bytes, not %u)", what, i, found.size, size);
}

static void expect_talk(const char *what, int i, int a, int b)
{
    char text[8] = "";
    expect(send(a, "there", 5, MSG_NOSIGNAL) == 5 && recv(b, text, 8, MSG_DONTWAIT) == 5 && memcmp(text, "there", 5) == 0, "%s %d is dumb", what, i);
    expect(send(b, "back", 4, MSG_NOSIGNAL) == 4 && recv(a, text, 8, MSG_DONTWAIT) == 4 && memcmp(text, "back", 4) == 0, "%s %d is deaf", what, i);
}

static void expect_listening(int i)
{
    if (i == CLOSED || i == UNLINKED || i == REPLACED || i == OPEN)
        return;
    int fd = must(socket(AF_UNIX, i == ODD ? SOCK_SEQPACKET : SOCK_STREAM, 0));
    if (i == RELATIVE)
        must(chdir(directory));
    expect(connect(fd, (struct sockaddr *)&names[i].address, names[i].size) == 0, "connect at %d: %s", i, strerror(errno));
    must(chdir("/"));
    int other = accept(listener[i], NULL, NULL);
    expect_talk("new connection", i, fd, other);
    close(fd), close(other);
}

static void verify(void)
{
    struct stat status;
    for (int i = 0; i < 8; i++) {
        expect_name("server", i, server[i], false, &names[i]);
        expect_name("client's peer", i, client[i], true, &names[i]);
        expect_talk("connection", i, client[i], server[i]);
        if (i != CLOSED) {
            expect_name("listener", i, listener[i], false, &names[i]);
            expect(option_of(listener[i], SOL_SOCKET, SO_ACCEPTCONN) == 1, "%d does not listen", i);
        }
        expect_listening(i);
    }
    expect(stat(names[CLOSED].address.sun_path, &status) == 0 && S_ISSOCK(status.st_mode) && (status.st_mode & 0777) == 0640, "the file of the closed listener is gone, or has mode %o", status.st_mode);
    expect(access(names[UNLINKED].address.sun_path, F_OK) == -1 && errno == ENOENT, "the unlinked socket has a file again");
    Name mine = path_name(target_path("mine"));
    expect_name("client with a name", 0, own, false, &mine);
    expect_name("client with a name, peer", 0, packets[0], true, &mine);
    expect_talk("client with a name", 0, own, packets[0]);
    int fd = must(socket(AF_UNIX, SOCK_STREAM, 0));
    must(connect(fd, (struct sockaddr *)&names[REPLACED].address, names[REPLACED].size));
    int other = must(accept(replacement, NULL, NULL));
    expect_talk("the replacement", 0, fd, other);
    close(fd), close(other);
    // Those that wait are accepted in their order, and replaced by others that wait.
    for (int i = 0; i < 3; i++) {
        must(fcntl(listener[OPEN], F_SETFL, O_NONBLOCK));
        int accepted = accept(listener[OPEN], NULL, NULL);
        expect(accepted >= 0, "number %d does not wait: %s", i, strerror(errno));
        expect_talk("waiting connection", i, waiting[i], accepted);
        close(accepted), close(waiting[i]);
    }
    expect(accept(listener[OPEN], NULL, NULL) == -1 && errno == EAGAIN, "more wait than should");
    for (int i = 0; i < 3; i++)
        wait_for(i);
}

TARGET(set_up, verify)
