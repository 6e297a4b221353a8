// Descriptions inherited by children: one position and one set of flags for all; a file opened twice has two, with the same position or not.
#include "family.h"

// All inherit `inherited`, by the same number or another; each opens the same file again for itself as `own`; 1 is a child of 0.
enum { MEMBERS = 3, ELSEWHERE = 200, BYTES = 64 * KIB };
static int inherited, twice, own;

static bool moves_together(int i) { return i == 2 ? fcntl(ELSEWHERE, F_GETFD) == 0 : fcntl(inherited, F_GETFD) == FD_CLOEXEC; }
static int my_descriptor(int i) { return i == 2 ? ELSEWHERE : inherited; }

static void read_next(int i, off_t at)
{
    uint64_t word = 0;
    expect(lseek(my_descriptor(i), 0, SEEK_CUR) == at, "process %d is at %ld, not %ld", i, (long)lseek(my_descriptor(i), 0, SEEK_CUR), (long)at);
    expect(read(my_descriptor(i), &word, 8) == 8 && word == mix(3 + at / 8), "process %d reads something else", i);
}

static void look(int i)
{
    expect(lseek(own, 0, SEEK_CUR) == 80 * (i + 2), "the own description of process %d is at %ld", i, (long)lseek(own, 0, SEEK_CUR));
    expect(moves_together(i), "the close-on-exec of process %d", i);
    expect((fcntl(my_descriptor(i), F_GETFL) & O_APPEND) != 0, "O_APPEND is lost");
}

static void prove(int i)
{
    if (board->phase == 0)
        look(i);
    else if (board->phase == 10 + i)
        read_next(i, value_of(100, 0));
    else if (board->phase == 20 + i)
        must(fcntl(my_descriptor(i), F_SETFL, O_APPEND | (board->slot[100].value[1] ? O_NONBLOCK : 0)));
    else if (board->phase == 30)
        expect(((fcntl(my_descriptor(i), F_GETFL) & O_NONBLOCK) != 0) == value_of(100, 1), "O_NONBLOCK of process %d is its own", i);
}

static void set(int i)
{
    if (i == 2) {
        must(dup2(inherited, ELSEWHERE));
        close(inherited);
    }
    own = must(open(target_path("content"), O_RDONLY));
    must(lseek(own, 80 * (i + 2), SEEK_SET));
    board->slot[i].value[2] = own;
    if (i == 0)
        family_fork(1, set, prove);
}

static void set_up(void)
{
    static char content[BYTES];
    family_open();
    fill(content, BYTES, 3);
    inherited = must(open(target_path("content"), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    must(write(inherited, content, BYTES));
    must(fcntl(inherited, F_SETFL, O_APPEND));
    must(lseek(inherited, 800, SEEK_SET));
    twice = must(open(target_path("content"), O_RDWR));
    must(lseek(twice, 800, SEEK_SET)); // at the same position, but not the same
    family_fork(0, set, prove);
    family_await(0);
    family_fork(2, set, prove);
    family_await_all(MEMBERS);
    own = must(open(target_path("content"), O_RDONLY));
    must(lseek(own, 80, SEEK_SET));
    board->slot[100].value[0] = 800;
}

static void verify(void)
{
    look(-1);
    family_ask(0);
    for (int i = 0; i < MEMBERS; i++) {
        family_ask(10 + i);
        board->slot[100].value[0] += 8;
        read_next(-1, value_of(100, 0));
        board->slot[100].value[0] += 8;
        board->slot[100].value[1] = !value_of(100, 1);
        family_ask(20 + i);
        family_ask(30);
        expect(((fcntl(inherited, F_GETFL) & O_NONBLOCK) != 0) == value_of(100, 1), "O_NONBLOCK of the root is its own");
    }
    expect(lseek(twice, 0, SEEK_CUR) == 800 && (fcntl(twice, F_GETFL) & (O_APPEND | O_NONBLOCK)) == 0, "another description moves too");
    expect(same_object(board->root, pid_of(2), KCMP_FILE, (unsigned long)inherited, ELSEWHERE), "the description is no longer one");
    expect(!same_object(board->root, pid_of(0), KCMP_FILE, (unsigned long)twice, (unsigned long)inherited), "two descriptions became one");
    expect(!same_object(pid_of(0), pid_of(1), KCMP_FILE, (unsigned long)value_of(0, 2), (unsigned long)value_of(1, 2)), "two processes' own descriptions became one");
}

TARGET(set_up, verify)
