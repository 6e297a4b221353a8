// A parent that holds the master, and a session on the slave: its controlling terminal, its foreground group, modes and size. What is
// typed reaches the session, an interrupt reaches the foreground group only, and so does a change of the size.
// terminals: their numbers must be free when it comes back
#include "pty.h"
#include "sessions.h"

// 0 is the session's leader, 1 and 2 are its foreground group, 3 is in the background. The root has the master only.
enum { LEADER, FRONT, FRIEND, BACK, MEMBERS };
static struct pty terminal;
static struct pty_state state;
static volatile sig_atomic_t interrupts, resizes;

static void count_interrupt(int signal UNUSED) { interrupts++; }
static void count_resize(int signal UNUSED) { resizes++; }

static void listen_to_terminal(void)
{
    must(sigaction(SIGINT, &(struct sigaction) { .sa_handler = count_interrupt, .sa_flags = SA_RESTART }, NULL));
    must(sigaction(SIGWINCH, &(struct sigaction) { .sa_handler = count_resize, .sa_flags = SA_RESTART }, NULL));
}

static void prove(int i)
{
    if (board->phase == 0) {
        struct process_stat s = stat_of(getpid());
        struct stat status;
        place_prove(i);
        must(fstat(terminal.slave, &status));
        expect(s.terminal == (int)status.st_rdev, "member %d has the terminal %x, not %x", i, s.terminal, (int)status.st_rdev);
        expect(s.foreground == pid_of(FRONT) && tcgetpgrp(terminal.slave) == pid_of(FRONT), "the foreground group is %d, not %d", s.foreground, pid_of(FRONT));
        expect(tcgetsid(terminal.slave) == pid_of(LEADER), "the terminal's session is %d", tcgetsid(terminal.slave));
        pty_compare(terminal.slave, &state, "the terminal");
        int tty = open("/dev/tty", O_RDWR);
        expect(tty >= 0 && tcgetpgrp(tty) == pid_of(FRONT), "/dev/tty: %s", strerror(errno));
        close(tty);
    }
    if (board->phase == 1 && i == FRONT) {
        pty_expect(terminal.slave, "typed before\n", "the slave");
        pty_expect_empty(terminal.slave, "the slave");
        pty_write(terminal.slave, "answer");
    }
    if (board->phase == 2 && i == FRONT)
        pty_write(terminal.slave, "printed before\n");
    board->slot[i].value[0] = interrupts;
    board->slot[i].value[1] = resizes;
}

static void set(int i)
{
    listen_to_terminal();
    if (i == LEADER) {
        close(terminal.master);
        must(setsid());
        must(ioctl(terminal.slave, TIOCSCTTY, 0));
        signal(SIGTTOU, SIG_IGN);
        for (int m = FRONT; m < MEMBERS; m++) {
            family_fork(m, set, prove);
            family_await(m);
        }
        must(tcsetpgrp(terminal.slave, pid_of(FRONT)));
    }
    if (i == FRONT || i == BACK)
        must(setpgid(0, 0));
    if (i == FRIEND)
        must(setpgid(0, pid_of(FRONT)));
    place_note(i);
}

static void queue(void)
{
    pty_write(terminal.master, "typed before\n");
    family_ask(2);
}

static void set_up(void)
{
    family_open();
    terminal = pty_open();
    pty_set(terminal.slave, 0);
    state = pty_take(terminal.slave);
    family_fork(LEADER, set, prove);
    family_await_all(MEMBERS);
    close(terminal.slave);
    queue();
}

// What the members counted since; the next ask brings news.
static void expect_counts(int value, int64_t before[MEMBERS], int64_t more, const char *what)
{
    for (int tries = 0; tries < 200; tries++) {
        family_ask(3);
        if (value_of(FRONT, value) == before[FRONT] + more && value_of(FRIEND, value) == before[FRIEND] + more)
            break;
        sleep_ms(5);
    }
    for (int i = 0; i < MEMBERS; i++) {
        int64_t wanted = before[i] + (i == FRONT || i == FRIEND ? more : 0);
        expect(value_of(i, value) == wanted, "member %d got %ld signals for %s, not %ld", i, (long)(value_of(i, value) - before[i]), what, (long)(wanted - before[i]));
        before[i] = value_of(i, value);
    }
}

static void verify(void)
{
    static int64_t interrupted[MEMBERS], resized[MEMBERS];
    expect(stat_of(getpid()).terminal == 0, "the root has a controlling terminal");
    pty_compare(terminal.master, &state, "the master");
    family_ask(0);
    expect_counts(0, interrupted, 0, "nothing");
    expect_counts(1, resized, 0, "nothing");
    family_ask(1);
    pty_expect(terminal.master, "printed before\r\nanswer", "the master");
    pty_expect_empty(terminal.master, "the master");

    struct winsize size = state.size;
    size.ws_col++;
    must(ioctl(terminal.master, TIOCSWINSZ, &size));
    must(ioctl(terminal.master, TIOCSWINSZ, &state.size));
    family_ask(3);
    for (int i = 0; i < MEMBERS; i++) {
        expect((value_of(i, 1) > resized[i]) == (i == FRONT || i == FRIEND), "member %d got %ld signals for a new size", i, (long)(value_of(i, 1) - resized[i]));
        resized[i] = value_of(i, 1);
    }
    pty_write(terminal.master, "\003"); // the interrupt character
    expect_counts(0, interrupted, 1, "an interrupt");
    queue();
}

TARGET(set_up, verify)
