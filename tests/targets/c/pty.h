// Pseudoterminals.
#pragma once
#include "family.h"
#include <sys/ioctl.h>
#include <termios.h>

struct pty { int master, slave; };

static UNUSED struct pty pty_open(void)
{
    struct pty p;
    int unlocked = 0;
    p.master = must(posix_openpt(O_RDWR | O_NOCTTY));
    must(ioctl(p.master, TIOCSPTLCK, &unlocked));
    p.slave = must(open(ptsname(p.master), O_RDWR | O_NOCTTY));
    return p;
}

// Settings that no new terminal has.
static UNUSED void pty_set(int fd, int variant)
{
    struct termios t;
    must(tcgetattr(fd, &t));
    t.c_iflag = variant ? IXON | IGNPAR : ICRNL | IUTF8 | IXANY;
    t.c_oflag = variant ? 0 : OPOST | ONLCR;
    t.c_cflag = CREAD | CLOCAL | (variant ? CS7 | PARENB : CS8 | CSTOPB);
    t.c_lflag = variant ? NOFLSH : ISIG | ICANON | ECHOCTL | IEXTEN;
    t.c_cc[VINTR] = variant ? 7 : 3;
    t.c_cc[VKILL] = variant ? 1 : 2;
    t.c_cc[VMIN] = variant ? 1 : 5;
    t.c_cc[VTIME] = variant ? 0 : 6;
    cfsetispeed(&t, variant ? B9600 : B115200);
    cfsetospeed(&t, variant ? B9600 : B115200);
    must(tcsetattr(fd, TCSANOW, &t));
    must(ioctl(fd, TIOCSWINSZ, &(struct winsize) { .ws_row = variant ? 31 : 57, .ws_col = variant ? 97 : 133, .ws_xpixel = 640, .ws_ypixel = variant ? 480 : 0 }));
}

struct pty_state { struct termios modes; struct winsize size; };

static UNUSED struct pty_state pty_take(int fd)
{
    struct pty_state s;
    memset(&s, 0, sizeof s);
    must(tcgetattr(fd, &s.modes));
    must(ioctl(fd, TIOCGWINSZ, &s.size));
    return s;
}

static UNUSED void pty_compare(int fd, const struct pty_state *before, const char *which)
{
    struct pty_state now = pty_take(fd);
    const struct termios *a = &before->modes, *b = &now.modes;
    expect(a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag && a->c_cflag == b->c_cflag && a->c_lflag == b->c_lflag && a->c_line == b->c_line,
        "modes of %s: %x %x %x %x, were %x %x %x %x", which, b->c_iflag, b->c_oflag, b->c_cflag, b->c_lflag, a->c_iflag, a->c_oflag, a->c_cflag, a->c_lflag);
    expect(memcmp(a->c_cc, b->c_cc, sizeof a->c_cc) == 0, "control characters of %s", which);
    expect(memcmp(&before->size, &now.size, sizeof now.size) == 0, "%s has %d x %d, had %d x %d", which, now.size.ws_col, now.size.ws_row, before->size.ws_col,
        before->size.ws_row);
}

static UNUSED void pty_write(int fd, const char *text) { expect(write(fd, text, strlen(text)) == (ssize_t)strlen(text), "write to a terminal: %s", strerror(errno)); }

// Reads exactly this, in as many pieces as it takes.
static UNUSED void pty_expect(int fd, const char *text, const char *which)
{
    char got[512];
    size_t size = strlen(text), used = 0;
    for (ssize_t n; used < size && (n = read(fd, got + used, size - used)) > 0;)
        used += (size_t)n;
    got[used] = 0;
    expect(used == size && memcmp(got, text, size) == 0, "%s gives \"%s\", not \"%s\"", which, got, text);
}

static UNUSED void pty_expect_empty(int fd, const char *which)
{
    char got[64] = "";
    int flags = must(fcntl(fd, F_GETFL));
    must(fcntl(fd, F_SETFL, flags | O_NONBLOCK));
    ssize_t n = read(fd, got, sizeof got - 1);
    expect(n == -1 && errno == EAGAIN, "%s gives \"%s\" (%zd) and should be empty", which, got, n);
    must(fcntl(fd, F_SETFL, flags));
}

// Both ends are one pseudoterminal, and the slave's name leads to it.
static UNUSED void pty_is_one(int master, int slave, const char *which)
{
    struct stat by_name, open_one;
    char *name = ptsname(master);
    expect(name && stat(name, &by_name) == 0 && fstat(slave, &open_one) == 0 && by_name.st_rdev == open_one.st_rdev && by_name.st_ino == open_one.st_ino,
        "the ends of %s are of two terminals, or %s is another", which, name ? name : "the name");
    char *slave_name = ttyname(slave);
    expect(slave_name && name && strcmp(slave_name, name) == 0, "the slave of %s is %s, and its master says %s", which, slave_name ? slave_name : "nameless", name);
}
