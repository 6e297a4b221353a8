// Pseudoterminals with both ends in one process: modes, sizes, packet mode, locks, descriptors of one description, and what is queued in both
// directions: whole lines, a line that is not finished, output that is already processed.
// terminals: their numbers must be free when it comes back
#include "pty.h"

// cooked: line by line; raw; packet: the master reads packets; locked: a master whose slave was never opened; hung: a master whose slave was closed.
static struct pty cooked, raw, packet;
static int locked, hung, second;
static struct pty_state cooked_state, raw_state, packet_state;

static void queue(void)
{
    pty_write(cooked.master, "whole line\nunfinished li");
    pty_write(cooked.slave, "out\nput");
    pty_write(raw.master, "raw\rin\n");
    pty_write(raw.slave, "raw\nout\r");
    pty_write(packet.slave, "packet");
}

static void set_up(void)
{
    int unlocked = 0, on = 1;
    cooked = pty_open();
    raw = pty_open();
    packet = pty_open();
    second = must(open(ptsname(raw.master), O_RDWR | O_NOCTTY | O_NONBLOCK));
    pty_set(cooked.slave, 0);
    pty_set(raw.slave, 1);
    pty_set(packet.slave, 0);
    must(ioctl(packet.master, TIOCPKT, &on));
    locked = must(posix_openpt(O_RDWR | O_NOCTTY));
    hung = must(posix_openpt(O_RDWR | O_NOCTTY));
    must(ioctl(hung, TIOCSPTLCK, &unlocked));
    close(must(open(ptsname(hung), O_RDWR | O_NOCTTY)));
    cooked_state = pty_take(cooked.slave);
    raw_state = pty_take(raw.slave);
    packet_state = pty_take(packet.slave);
    queue();
}

static void verify(void)
{
    int value = 0;
    char byte;
    pty_is_one(cooked.master, cooked.slave, "the cooked pair");
    pty_is_one(raw.master, raw.slave, "the raw pair");
    pty_is_one(raw.master, second, "the second slave");
    pty_compare(cooked.slave, &cooked_state, "the cooked pair");
    pty_compare(cooked.master, &cooked_state, "the cooked pair's master");
    pty_compare(raw.slave, &raw_state, "the raw pair");
    pty_compare(packet.slave, &packet_state, "the pair in packet mode");

    // What is typed gets to the slave by a worker of the kernel.
    expect(eventually(ioctl(cooked.slave, FIONREAD, &value) == 0 && value != 0) && value == 11, "%d bytes of whole lines are queued", value);
    pty_expect(cooked.slave, "whole line\n", "the cooked slave");
    pty_expect_empty(cooked.slave, "the cooked slave");
    pty_write(cooked.master, "ne\n");
    pty_expect(cooked.slave, "unfinished line\n", "the cooked slave");
    pty_expect(cooked.master, "out\r\nput", "the cooked master");
    pty_expect_empty(cooked.master, "the cooked master");

    pty_expect(raw.slave, "raw\rin\n", "the raw slave");
    expect(read(second, &byte, 1) == -1 && errno == EAGAIN, "the second slave has input of its own");
    pty_expect(raw.master, "raw\nout\r", "the raw master");
    pty_expect_empty(raw.master, "the raw master");
    expect((fcntl(second, F_GETFL) & O_NONBLOCK) && !(fcntl(raw.slave, F_GETFL) & O_NONBLOCK), "two slaves have one set of flags");

    must(ioctl(packet.master, TIOCGPKT, &value));
    expect(value == 1, "the packet mode is lost");
    char got[16] = { 9 };
    ssize_t n = read(packet.master, got, sizeof got);
    expect(n == 7 && got[0] == TIOCPKT_DATA && memcmp(got + 1, "packet", 6) == 0, "a packet of %zd bytes, control byte %x", n, got[0]);
    must(tcflush(packet.slave, TCIOFLUSH));
    n = read(packet.master, got, sizeof got);
    expect(n == 1 && got[0] == (TIOCPKT_FLUSHREAD | TIOCPKT_FLUSHWRITE), "a flush is told as %zd bytes, control byte %x", n, got[0]);
    must(ioctl(cooked.master, TIOCGPKT, &value));
    expect(value == 0, "the cooked pair is in packet mode");

    must(ioctl(locked, TIOCGPTLCK, &value));
    expect(value == 1 && open(ptsname(locked), O_RDWR | O_NOCTTY) == -1 && errno == EIO, "the locked pair is not locked");
    must(ioctl(hung, TIOCGPTLCK, &value));
    expect(value == 0 && read(hung, &byte, 1) == -1 && errno == EIO, "the master whose slave was closed reads something");
    queue();
}

TARGET(set_up, verify)
