// launch [-j] OUTPUT PROGRAM ARGUMENTS...: executes a program in a known state, whatever the test runner left to it: standard input from
// /dev/null, output appended to a file, no other descriptor, no signal blocked or ignored, and a session of its own (-j: the caller's).
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    int own = argc > 1 && strcmp(argv[1], "-j") == 0 ? 0 : 1;
    argv += own ? 1 : 2;
    int input = open("/dev/null", O_RDONLY), output = open(argv[0], O_WRONLY | O_CREAT | O_APPEND, 0666);
    if (output < 0) {
        perror(argv[0]);
        return 126;
    }
    dup2(input, 0), dup2(output, 1), dup2(output, 2);
    close_range(3, ~0U, 0);
    for (int s = 1; s <= 64; s++)
        signal(s, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (own)
        setsid();
    execvp(argv[1], argv + 1);
    perror(argv[1]);
    return 127;
}
