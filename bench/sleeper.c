// sleeper READY-FILE [MEBIBYTES [THREADS [MAPPINGS]]]: a process of a given size that waits. Its memory is full of bytes that no page shares.
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static void *wait_forever(void *argument)
{
    for (;;)
        pause();
    return argument;
}

int main(int argc, char **argv)
{
    size_t size = (argc > 2 ? strtoul(argv[2], NULL, 10) : 0) << 20;
    int threads = argc > 3 ? atoi(argv[3]) : 1, mappings = argc > 4 ? atoi(argv[4]) : 0;
    uint64_t *memory = size ? mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) : NULL, x = 88172645463325252;
    close_range(3, ~0U, 0); // whatever the shell was left with
    for (size_t i = 0; i < size / 8; i++) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        memory[i] = x;
    }
    for (int i = 0; i < mappings; i++) {
        char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        page[0] = 1;
        mprotect(page + 4096, 4096, PROT_NONE);
    }
    for (int i = 1; i < threads; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, wait_forever, NULL);
    }
    close(open(argv[1], O_CREAT | O_WRONLY, 0600));
    wait_forever(NULL);
}
