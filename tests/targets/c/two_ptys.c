// Two terminals with a session on each, which hold each other's master besides: nothing is mixed up.
// terminals: their numbers must be free when it comes back
#include "pty.h"

// Members 0 and 1 lead a session each on slave 0 and slave 1. Member i has the master of the other one, too; the root has both masters.
enum { MEMBERS = 2 };
static struct pty pty[MEMBERS];
static struct pty_state state[MEMBERS];
static volatile sig_atomic_t hangups;

static void count_hangup(int signal UNUSED) { hangups++; }

static void prove(int i)
{
    char text[64];
    if (board->phase == 0) {
        struct stat status;
        must(fstat(pty[i].slave, &status));
        expect(stat_of(getpid()).terminal == (int)status.st_rdev && getsid(0) == getpid(), "member %d has the terminal %x", i, stat_of(getpid()).terminal);
        expect(tcgetsid(pty[i].slave) == getpid() && tcgetpgrp(pty[i].slave) == getpid(), "the foreground of terminal %d", i);
        pty_compare(pty[i].slave, &state[i], i ? "the second terminal" : "the first terminal");
        expect(fcntl(pty[i].master, F_GETFD) == -1 && fcntl(pty[!i].slave, F_GETFD) == -1, "member %d has descriptors that it closed", i);
        snprintf(text, sizeof text, "typed on %d\n", i);
        pty_expect(pty[i].slave, text, "a slave");
        pty_expect_empty(pty[i].slave, "a slave");
        expect(hangups == 0, "member %d got a hangup", i);
    }
    if (board->phase == 1) { // to the other's terminal, by its master
        snprintf(text, sizeof text, "from %d\n", i);
        pty_write(pty[!i].master, text);
    }
    if (board->phase == 2) {
        snprintf(text, sizeof text, "from %d\n", !i);
        pty_expect(pty[i].slave, text, "a slave");
        snprintf(text, sizeof text, "printed on %d", i);
        pty_write(pty[i].slave, text);
    }
}

static void set(int i)
{
    must(sigaction(SIGHUP, &(struct sigaction) { .sa_handler = count_hangup, .sa_flags = SA_RESTART }, NULL));
    close(pty[i].master);
    close(pty[!i].slave);
    must(setsid());
    must(ioctl(pty[i].slave, TIOCSCTTY, 0));
}

static void queue(void)
{
    pty_write(pty[0].master, "typed on 0\n");
    pty_write(pty[1].master, "typed on 1\n");
}

static void set_up(void)
{
    for (int i = 0; i < MEMBERS; i++) {
        pty[i] = pty_open();
        pty_set(pty[i].slave, i);
        state[i] = pty_take(pty[i].slave);
    }
    family_start(MEMBERS, set, prove);
    for (int i = 0; i < MEMBERS; i++)
        close(pty[i].slave);
    queue();
}

static void verify(void)
{
    struct stat one, other;
    for (int phase = 0; phase < 3; phase++)
        family_ask(phase);
    pty_expect(pty[0].master, "printed on 0", "the first master");
    pty_expect(pty[1].master, "printed on 1", "the second master");
    expect(stat(ptsname(pty[0].master), &one) == 0, "the first slave has no name");
    expect(stat(ptsname(pty[1].master), &other) == 0 && one.st_rdev != other.st_rdev, "the two are one");
    expect(same_object(board->root, pid_of(1), KCMP_FILE, (unsigned long)pty[0].master, (unsigned long)pty[0].master), "member 1 has another master");
    queue();
}

TARGET(set_up, verify)
