// A file mapped by several processes: shared views at different offsets are the file, private ones keep each process's own changes.
#include "family.h"

enum { MEMBERS = 3, PAGES = 16 };
static char *shared, *private;

// Where the shared view of process i begins in the file.
static int first_page(int i) { return 2 * (i + 1); }

static void look(int i, uint64_t turn)
{
    for (int page = first_page(i); page < PAGES - 1; page++)
        expect(filled(shared + (page - first_page(i)) * PAGE, PAGE, page), "page %d in the shared view of process %d", page, i);
    expect(*(uint64_t *)(shared + (PAGES - 1 - first_page(i)) * PAGE) == turn, "process %d does not see what another wrote", i);
    for (int page = 0; page < PAGES - 1; page++)
        expect(filled(private + page * PAGE, PAGE, page == i + 1 ? 100 + page : page), "page %d in the private view of process %d", page, i);
}

static void prove(int i)
{
    uint64_t turn = (uint64_t)value_of(100, 0);
    if (board->phase == 0)
        look(i, turn);
    else if (board->phase == 10 + i)
        *(uint64_t *)(shared + (PAGES - 1 - first_page(i)) * PAGE) = turn + 1;
}

static void set(int i)
{
    int fd = must(open(target_path("file"), O_RDWR));
    shared = must(mmap(NULL, (PAGES - first_page(i)) * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, first_page(i) * PAGE));
    close(fd);
    fill(private + (i + 1) * PAGE, PAGE, 100 + i + 1);
}

static void set_up(void)
{
    static char block[PAGE];
    family_open();
    int fd = must(open(target_path("file"), O_RDWR | O_CREAT | O_TRUNC, 0600));
    for (int page = 0; page < PAGES; page++) {
        fill(block, PAGE, page);
        must(write(fd, block, PAGE));
    }
    must(pwrite(fd, &(uint64_t) { 0 }, 8, (PAGES - 1) * PAGE));
    private = must(mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0));
    close(fd);
    for (int i = 0; i < MEMBERS; i++)
        family_fork(i, set, prove);
    set(-1);
    family_await_all(MEMBERS);
}

static void verify(void)
{
    for (int i = 0; i < MEMBERS; i++) {
        look(-1, (uint64_t)value_of(100, 0));
        family_ask(0);
        family_ask(10 + i);
        board->slot[100].value[0]++;
        uint64_t in_file = 0;
        int fd = must(open(target_path("file"), O_RDONLY));
        must(pread(fd, &in_file, 8, (PAGES - 1) * PAGE));
        close(fd);
        expect(in_file == (uint64_t)value_of(100, 0), "what member %d writes is not in the file", i);
    }
}

TARGET(set_up, verify)
