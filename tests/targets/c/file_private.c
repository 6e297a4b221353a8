// A private mapping of a file: changed pages keep the change, unchanged ones show the file, the page past its end stays zero-filled.
#include "target.h"

enum { PAGES = 64, TAIL = 1000 };
static char *writable, *reader;

static void set_up(void)
{
    static char content[PAGES * PAGE];
    fill(content, sizeof content, 7);
    int fd = must(open(target_path("mapped"), O_RDWR | O_CREAT | O_TRUNC, 0600));
    must(write(fd, content, sizeof content - PAGE + TAIL));
    writable = must(mmap(NULL, sizeof content, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0));
    reader = must(mmap(NULL, 8 * PAGE, PROT_READ, MAP_PRIVATE, fd, 16 * PAGE));
    close(fd);
    for (int page = 0; page < PAGES - 1; page += 5)
        fill(writable + page * PAGE, PAGE, 1000 + page);
    memset(writable + 3 * PAGE, 0, PAGE); // a change to zeroes is a change
}

static void verify(void)
{
    for (int page = 0; page < PAGES - 1; page++) {
        char *at = writable + page * PAGE;
        bool right = page == 3 ? zeroed(at, PAGE)
            : page % 5 == 0 ? filled(at, PAGE, 1000 + page)
            : filled(at, PAGE, 7 + page * PAGE / 8);
        expect(right, "page %d of the private mapping is wrong", page);
    }
    expect(filled(writable + (PAGES - 1) * PAGE, TAIL, 7 + (PAGES - 1) * PAGE / 8), "the file's last part is wrong");
    expect(zeroed(writable + (PAGES - 1) * PAGE + TAIL, PAGE - TAIL), "bytes past the end of the file are not zero");
    expect(filled(reader, 8 * PAGE, 7 + 16 * PAGE / 8), "the read-only mapping at an offset is wrong");
}

TARGET(set_up, verify)
