// .NET's double mapping: one memfd of 2 TiB, sparse, seen through shared RW and RX views; code written through one runs through the other.
#include "target.h"

static char *writer[8], *runner[8];
static int fd, round_;

static off_t place(int i) { return (off_t)i * 250 * GIB + i * 16 * PAGE; }

// mov eax, value; ret
static void emit(int i, uint32_t value)
{
    unsigned char code[] = { 0xb8, 0, 0, 0, 0, 0xc3 };
    memcpy(code + 1, &value, 4);
    memcpy(writer[i] + 128, code, sizeof code);
}

static void set_up(void)
{
    fd = must(memfd_create("doublemapper", MFD_CLOEXEC));
    must(ftruncate(fd, 2048 * GIB));
    for (int i = 0; i < 8; i++) {
        writer[i] = must(mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, place(i)));
        runner[i] = must(mmap(NULL, 16 * PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, fd, place(i)));
        emit(i, 1000 + i);
        fill(writer[i] + 8 * PAGE, PAGE, i);
    }
    must(munmap(writer[5], 16 * PAGE)); // only the executable view is left
    must(munmap(writer[6], 16 * PAGE)); // bytes that no mapping shows
    must(munmap(runner[6], 16 * PAGE));
}

static void verify(void)
{
    struct stat status;
    must(fstat(fd, &status));
    expect(status.st_size == (off_t)(2048 * GIB), "the size is %ld", (long)status.st_size);
    expect(status.st_blocks < 4096, "the file is no longer sparse: %ld blocks", (long)status.st_blocks);
    for (int i = 0; i < 8; i++) {
        if (i == 6)
            continue;
        uint32_t value = ((uint32_t (*)(void))(uintptr_t)(runner[i] + 128))();
        expect(value == 1000u + i + (i == 5 ? 0 : round_ * 100), "code %d gives %u", i, value);
        expect(filled(runner[i] + 8 * PAGE, PAGE, i), "data %d changed", i);
    }
    char page[PAGE];
    must(pread(fd, page, PAGE, place(6) + 8 * PAGE));
    expect(filled(page, PAGE, 6), "bytes of the file that are mapped nowhere changed");
    round_++;
    for (int i = 0; i < 8; i++)
        if (i != 5 && i != 6)
            emit(i, 1000 + i + round_ * 100);
}

TARGET(set_up, verify)
