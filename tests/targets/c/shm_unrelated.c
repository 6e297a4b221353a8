// One memfd in processes that did not inherit it: received over a socket and closed once mapped, opened again through /proc (another description of
// the same file), and gone from the one that made it.
#include "family.h"
#include <sys/socket.h>

// 0 makes it, sends it to 1 and goes on without; 1 keeps only a mapping; 2 opens 1's through /proc and keeps both descriptor and mapping.
enum { MAKER, MAPPER, OPENER, MEMBERS, BYTES = 64 * KIB };
static int channel[2], memory = -1;
static char *view;

static void send_fd(int fd)
{
    char control[CMSG_SPACE(sizeof fd)] = { 0 };
    struct iovec data = { "x", 1 };
    struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(header), &fd, sizeof fd);
    must(sendmsg(channel[0], &message, 0));
}

static int receive_fd(void)
{
    char control[CMSG_SPACE(sizeof(int))], byte;
    struct iovec data = { &byte, 1 };
    struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
    must(recvmsg(channel[1], &message, 0));
    int fd;
    memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
    return fd;
}

static void set(int i)
{
    if (i == MAKER) {
        int fd = must(memfd_create("handed on", MFD_CLOEXEC));
        must(ftruncate(fd, BYTES));
        char *whole = must(mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
        fill(whole, BYTES, 9);
        send_fd(fd);
        must(munmap(whole, BYTES));
        close(fd);
    }
    if (i == MAPPER) {
        int fd = receive_fd();
        view = must(mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
        board->slot[i].value[0] = fd;
    }
    if (i == OPENER) {
        char path[64];
        snprintf(path, sizeof path, "/proc/%d/fd/%ld", pid_of(MAPPER), (long)value_of(MAPPER, 0));
        memory = must(open(path, O_RDWR));
        must(lseek(memory, 12345, SEEK_SET));
        view = must(mmap(NULL, BYTES / 2, PROT_READ | PROT_WRITE, MAP_SHARED, memory, BYTES / 2)); // the second half
    }
    close(channel[0]);
    close(channel[1]);
}

static void prove(int i)
{
    uint64_t *turn = i == MAPPER ? (uint64_t *)(view + BYTES / 2) : (uint64_t *)view;
    uint64_t before = (uint64_t)value_of(100, 0);
    if (board->phase == 1 && i == MAPPER)
        close((int)value_of(i, 0));
    if (board->phase == 2 && i == MAPPER) {
        expect(filled(view, BYTES / 2, 9) && *turn == (before ? before : mix(9 + BYTES / 16)), "the mapping of member 1 changed");
        *turn = before + 1;
    }
    if (board->phase == 3 && i == OPENER) {
        expect(*turn == before + 1, "member 2 does not see what member 1 writes");
        expect(filled(view + 8, BYTES / 2 - 8, 9 + BYTES / 16 + 1), "the mapping of member 2 changed");
        expect(lseek(memory, 0, SEEK_CUR) == 12345, "the position is %ld", (long)lseek(memory, 0, SEEK_CUR));
        must(pwrite(memory, &(uint64_t) { before + 2 }, 8, BYTES / 2));
    }
    if (board->phase == 4 && i == MAPPER)
        expect(*turn == before + 2, "member 1 does not see what member 2 writes through its descriptor");
    if (board->phase == 5 && i == MAKER)
        expect(fcntl(channel[0], F_GETFD) == -1 && errno == EBADF, "the maker has descriptors that it closed");
}

static void set_up(void)
{
    must(socketpair(AF_UNIX, SOCK_DGRAM, 0, channel));
    family_open();
    for (int i = 0; i < MEMBERS; i++) {
        family_fork(i, set, prove);
        family_await(i);
    }
    family_await_all(MEMBERS);
    close(channel[0]);
    close(channel[1]);
    family_ask(1);
}

static void verify(void)
{
    for (int phase = 2; phase <= 5; phase++)
        family_ask(phase);
    board->slot[100].value[0] += 2;
}

TARGET(set_up, verify)
