// Descriptors that travel in the queues of Unix sockets (SCM_RIGHTS) of every type: some that the process also holds, and shares the
// offset with, and some that exist nowhere else; sockets whose queues hold descriptors too; a socket in its own peer's queue; where in
// a stream they come.
#include "sockets.h"

static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };
static int pair[3][2], file, stream[2], outer[2], circle[2];

static void give(int fd, const char *text, const int *fds, int count)
{
    char control[CMSG_SPACE(16 * sizeof(int))] = { 0 };
    struct iovec vector = { (char *)text, strlen(text) };
    struct msghdr message = { .msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = CMSG_SPACE((size_t)count * sizeof(int)) };
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET, header->cmsg_type = SCM_RIGHTS, header->cmsg_len = CMSG_LEN((size_t)count * sizeof(int));
    memcpy(CMSG_DATA(header), fds, (size_t)count * sizeof(int));
    must(sendmsg(fd, &message, 0));
}

// Receives one message and proves its text; returns how many descriptors came with it.
static int take(int fd, const char *text, size_t room, int *fds)
{
    char found[200] = "", control[CMSG_SPACE(16 * sizeof(int))];
    struct iovec vector = { found, room };
    struct msghdr message = { .msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
    ssize_t n = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    expect(n == (ssize_t)strlen(text) && strcmp(found, text) == 0, "'%s' instead of '%s' (%zd)", found, text, n);
    struct cmsghdr *header = n < 0 ? NULL : CMSG_FIRSTHDR(&message);
    if (!header || header->cmsg_type != SCM_RIGHTS)
        return 0;
    size_t size = header->cmsg_len - CMSG_LEN(0);
    memcpy(fds, CMSG_DATA(header), size);
    return (int)(size / sizeof(int));
}

static void queue(void)
{
    for (int i = 0; i < 3; i++) {
        int ends[2], memory = must(memfd_create("in flight", 0));
        must(pipe(ends));
        must(write(memory, "memory", 6));
        must(write(ends[1], "piped", 5));
        give(pair[i][0], "three", (int[]) { file, ends[0], memory }, 3);
        close(ends[0]), close(ends[1]), close(memory);
        if (i > 0)
            must(send(pair[i][0], "none", 4, 0));
    }
    // Bytes before the descriptors, bytes with them, bytes behind.
    must(send(stream[0], "before ", 7, 0));
    give(stream[0], "with", (int[]) { file }, 1);
    must(send(stream[0], " behind", 7, 0));
    give(stream[0], "again", (int[]) { file, file }, 2);
    // A socket in a queue, in whose peer's queue is one, whose queue has the file.
    int inner[2], middle[2];
    must(socketpair(AF_UNIX, SOCK_STREAM, 0, inner));
    must(socketpair(AF_UNIX, SOCK_DGRAM, 0, middle));
    give(inner[0], "innermost", (int[]) { file }, 1);
    give(middle[0], "inner", (int[]) { inner[1] }, 1);
    give(outer[0], "middle", (int[]) { middle[1] }, 1);
    close(inner[0]), close(inner[1]), close(middle[0]), close(middle[1]);
    // Each of a pair in the other's queue.
    give(circle[0], "round", (int[]) { circle[0], circle[1] }, 2);
    give(circle[1], "about", (int[]) { circle[0] }, 1);
}

static void set_up(void)
{
    for (int i = 0; i < 3; i++)
        must(socketpair(AF_UNIX, types[i], 0, pair[i]));
    must(socketpair(AF_UNIX, SOCK_STREAM, 0, stream));
    must(socketpair(AF_UNIX, SOCK_STREAM, 0, outer));
    must(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, circle));
    file = must(open(target_path("file"), O_RDWR | O_CREAT, 0600));
    must(write(file, "0123456789", 10));
    must(lseek(file, 3, SEEK_SET));
    queue();
}

static void expect_same_file(const char *what, int fd)
{
    must(lseek(file, 3, SEEK_SET));
    char digit = 0;
    expect(read(fd, &digit, 1) == 1 && digit == '3' && lseek(file, 0, SEEK_CUR) == 4, "%s is another description of the file", what);
    close(fd);
}

static void verify(void)
{
    int fds[16] = { -1 };
    char text[20] = "";
    expect(lseek(file, 0, SEEK_CUR) == 3 || lseek(file, 0, SEEK_CUR) == 4, "the file's offset moved");
    for (int i = 0; i < 3; i++) {
        int count = take(pair[i][1], "three", 100, fds);
        expect(count == 3, "type %d brings %d descriptors", types[i], count);
        if (count != 3)
            return;
        expect_same_file("what was sent", fds[0]);
        expect(read(fds[1], text, 20) == 5 && memcmp(text, "piped", 5) == 0 && read(fds[1], text, 20) == 0, "the pipe of type %d is empty, or open", types[i]);
        expect(pread(fds[2], text, 20, 0) == 6 && memcmp(text, "memory", 6) == 0 && lseek(fds[2], 0, SEEK_CUR) == 6, "the memory of type %d is another", types[i]);
        close(fds[1]), close(fds[2]);
        if (i > 0)
            expect(take(pair[i][1], "none", 100, fds) == 0, "type %d brings more descriptors", types[i]);
    }
    expect(take(stream[1], "before ", 7, fds) == 0, "the descriptors come too early");
    expect(take(stream[1], "wi", 2, fds) == 1, "the descriptor does not come with its first byte");
    expect_same_file("what came in the stream", fds[0]);
    expect(take(stream[1], "th", 2, fds) == 0, "the descriptor comes twice");
    expect(take(stream[1], " behindagain", 100, fds) == 2, "the last two are lost");
    close(fds[0]), close(fds[1]);
    expect(take(outer[1], "middle", 100, fds) == 1, "the middle one is lost");
    int middle = fds[0];
    expect(take(middle, "inner", 100, fds) == 1, "the inner one is lost");
    int inner = fds[0];
    expect(take(inner, "innermost", 100, fds) == 1, "the innermost one is lost");
    expect_same_file("the innermost", fds[0]);
    expect(recv(inner, text, 1, MSG_DONTWAIT) == 0, "the inner one's peer is open");
    close(middle), close(inner);
    expect(take(circle[1], "round", 100, fds) == 2, "the circle is broken");
    struct stat here, there;
    must(fstat(circle[1], &here)), must(fstat(fds[1], &there));
    expect(here.st_ino == there.st_ino, "the circle holds another socket");
    close(fds[0]), close(fds[1]);
    expect(take(circle[0], "about", 100, fds) == 1, "the other half of the circle is broken");
    must(send(fds[0], "x", 1, 0));
    expect(recv(circle[1], text, 1, MSG_DONTWAIT) == 1, "the circle leads elsewhere");
    close(fds[0]);
    must(lseek(file, 3, SEEK_SET));
    queue();
}

TARGET(set_up, verify)
