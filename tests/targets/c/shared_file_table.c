// Processes that share one descriptor table (CLONE_FILES): what one opens or closes, the others have open or closed. A third has a copy of its own.
#include "family.h"

// 0 shares the root's table, 1 shares 0's and thus the root's, 2 has a copy, 3 shares 2's.
enum { MEMBERS = 4, KEPT = 300, OPENED = 310, CLOSED = 320, COPY = 330 };
static int number;

static bool is_open(int fd) { return fcntl(fd, F_GETFD) != -1; }

static void open_as(int fd, const char *name)
{
    int opened = must(open(target_path(name), O_RDWR | O_CREAT, 0600));
    must(dup2(opened, fd));
    close(opened);
}

static void prove(int i)
{
    if (board->phase == 10 + i) { // makes changes
        must(close(CLOSED + number % 2));
        open_as(OPENED, "opened");
        must(lseek(OPENED, 7 + i, SEEK_SET));
        must(fcntl(KEPT, F_SETFD, number % 2 ? FD_CLOEXEC : 0));
    } else if (board->phase >= 20) { // sees those of member phase - 20 exactly when their tables are one
        bool shares = (board->phase - 20 < 2) == (i < 2);
        expect(is_open(CLOSED + number % 2) == !shares, "member %d: descriptor closed by member %d is %s", i, board->phase - 20, shares ? "open" : "closed");
        expect(is_open(OPENED) == shares, "member %d: descriptor opened by member %d is %s", i, board->phase - 20, shares ? "missing" : "there");
        expect(!shares || lseek(OPENED, 0, SEEK_CUR) == 7 + board->phase - 20, "member %d: another file", i);
        expect(!shares || fcntl(KEPT, F_GETFD) == (number % 2 ? FD_CLOEXEC : 0), "member %d: close-on-exec", i);
    } else if (board->phase == 1) {
        expect(is_open(KEPT) && is_open(CLOSED) && is_open(CLOSED + 1) && !is_open(OPENED), "member %d has other descriptors", i);
        expect(is_open(COPY) == (i >= 2), "member %d: the descriptor of the copy only is %s", i, i < 2 ? "there" : "missing");
    }
    if (board->phase == 2)
        number++;
}

static void set(int i)
{
    if (i == 0)
        family_clone(1, CLONE_FILES | SIGCHLD, NULL, prove);
    if (i == 2) {
        open_as(COPY, "copy");
        family_clone(3, CLONE_FILES | SIGCHLD, NULL, prove);
    }
}

static void tidy(void)
{
    close(OPENED);
    open_as(CLOSED, "closed");
    open_as(CLOSED + 1, "closed");
    must(fcntl(KEPT, F_SETFD, 0));
}

static void set_up(void)
{
    family_open();
    open_as(KEPT, "kept");
    tidy();
    family_clone(0, CLONE_FILES | SIGCHLD, set, prove);
    family_fork(2, set, prove);
    family_await_all(MEMBERS);
}

static void verify(void)
{
    for (int one = -1; one < MEMBERS; one++)
        for (int other = one + 1; other < MEMBERS; other++)
            expect(same_object(pid_of(one), pid_of(other), KCMP_FILES, 0, 0) == ((one < 2) == (other < 2)), "the tables of %d and %d", one, other);
    family_ask(1);
    for (int who = 0; who < 2; who++) {
        family_ask(10 + who);
        family_ask(20 + who);
        expect(!is_open(CLOSED + number % 2) && is_open(OPENED), "the root doesn't share the table");
        tidy();
    }
    family_ask(1);
    family_ask(2);
    number++;
}

TARGET(set_up, verify)
