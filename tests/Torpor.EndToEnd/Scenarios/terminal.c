// A program on a terminal: 0, 1 and 2 are one, and it is the controlling terminal of the session.
#include "target.h"
#include <termios.h>

static void set_up(void)
{
    if (!isatty(0) || !isatty(1) || !isatty(2))
        skip("not on a terminal");
}

static void verify(void)
{
    struct termios attributes;
    for (int fd = 0; fd < 3; fd++)
        expect(isatty(fd) && tcgetattr(fd, &attributes) == 0, "descriptor %d is no terminal", fd);
    struct stat one, other;
    expect(fstat(0, &one) == 0 && fstat(1, &other) == 0 && one.st_rdev == other.st_rdev, "input and output are different terminals");
    expect(printf("still here\n") == 11 && fflush(stdout) == 0, "the terminal can't be written: %s", strerror(errno));
}

TARGET(set_up, verify)
