// Job control on a terminal: a background group that was stopped because it read (SIGTTIN) or wrote (SIGTTOU, with TOSTOP) stays stopped, and its
// call goes on when it is brought to the foreground.
#include "pty.h"

// The root leads no session of its own here: member 0 does, on the slave; 1 reads, 2 writes, each in a background group.
enum { LEADER, READS, WRITES, MEMBERS };
static struct pty terminal;

static _Noreturn void job(int i)
{
    pid_t parent = getppid();
    char text[64];
    family_announce(i);
    must(setpgid(0, 0));
    shared_store(board->slot[i].ready, 1);
    while (!family_is_over(parent)) {
        if (i == READS) {
            ssize_t n = read(terminal.slave, text, sizeof text - 1);
            text[n > 0 ? n : 0] = 0;
            board->slot[i].value[0] = n == 9 && strcmp(text, "for READ\n") == 0 ? 1 : -errno - 1;
        } else {
            ssize_t n = write(terminal.slave, "written\n", 8);
            board->slot[i].value[0] = n == 8 ? 1 : -errno - 1;
        }
        while (board->slot[i].value[0] != 0 && !family_is_over(parent))
            sleep_ms(2);
    }
    _exit(0);
}

static void expect_stopped(int i)
{
    siginfo_t info = { 0 };
    expect(stat_of(pid_of(i)).state == 'T', "job %d has state %c", i, stat_of(pid_of(i)).state);
    must(waitid(P_PID, (id_t)pid_of(i), &info, WSTOPPED | WNOHANG | WNOWAIT));
    expect(info.si_pid == 0, "the stop of job %d is told twice", i);
    expect(value_of(i, 0) == 0, "the call of job %d has ended: %ld", i, (long)value_of(i, 0));
}

static void wait_for_stop(int i)
{
    siginfo_t info = { 0 };
    must(waitid(P_PID, (id_t)pid_of(i), &info, WSTOPPED));
    expect(info.si_status == (i == READS ? SIGTTIN : SIGTTOU), "job %d was stopped by %d", i, info.si_status);
}

static void prove(int i)
{
    if (i != LEADER)
        return;
    expect(tcgetpgrp(terminal.slave) == getpid(), "the foreground group is %d", tcgetpgrp(terminal.slave));
    for (int j = READS; j < MEMBERS; j++)
        expect_stopped(j);
    pty_write(terminal.master, "for READ\n");
    for (int j = READS; j < MEMBERS; j++) {
        siginfo_t info;
        must(tcsetpgrp(terminal.slave, pid_of(j)));
        must(kill(-pid_of(j), SIGCONT));
        must(waitid(P_PID, (id_t)pid_of(j), &info, WCONTINUED));
        expect(eventually(value_of(j, 0) != 0) && value_of(j, 0) == 1, "the call of job %d gives %ld in the foreground", j, (long)value_of(j, 0));
        must(tcsetpgrp(terminal.slave, getpid()));
    }
    pty_expect(terminal.master, "written\r\n", "the master");
    for (int j = READS; j < MEMBERS; j++) {
        board->slot[j].value[0] = 0; // once more
        wait_for_stop(j);
    }
}

static void set(int i UNUSED)
{
    must(setsid());
    must(ioctl(terminal.slave, TIOCSCTTY, 0));
    signal(SIGTTOU, SIG_IGN);
    for (int j = READS; j < MEMBERS; j++) {
        memset(&board->slot[j], 0, sizeof board->slot[j]); // beyond the family's size: a job does not serve
        pid_t pid = must(fork());
        if (pid == 0) {
            signal(SIGTTOU, SIG_DFL);
            job(j);
        }
        board->slot[j].pid = pid;
        family_await(j);
        wait_for_stop(j);
    }
}

static void set_up(void)
{
    struct termios modes;
    family_open();
    terminal = pty_open();
    pty_set(terminal.slave, 0);
    must(tcgetattr(terminal.slave, &modes));
    modes.c_lflag |= TOSTOP;
    must(tcsetattr(terminal.slave, TCSANOW, &modes));
    family_fork(LEADER, set, prove);
    family_await(LEADER);
    close(terminal.slave);
}

TARGET(set_up, family_verify)
