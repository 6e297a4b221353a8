// The whole of /proc/self/maps: range, permissions, offset and name of every mapping are the same as before, with neighbours that the kernel
// may merge or split taken as one.
#include "target.h"

enum { LIMIT = 256 * KIB, LINES = 400 };
struct mapping { unsigned long start, end, offset; char permissions[5], name[200]; };
struct list { int count; struct mapping mapping[LINES]; };
static struct list before, after;
static char text[LIMIT];

static void read_maps(struct list *list)
{
    slurp("/proc/self/maps", text, sizeof text);
    list->count = 0;
    for (char *line = strtok(text, "\n"); line && list->count < LINES; line = strtok(NULL, "\n")) {
        struct mapping m = { .name = "" };
        sscanf(line, "%lx-%lx %4s %lx %*s %*s %199[^\n]", &m.start, &m.end, m.permissions, &m.offset, m.name);
        struct mapping *last = list->count ? &list->mapping[list->count - 1] : NULL;
        if (last && last->end == m.start && !m.name[0] && !last->name[0] && strcmp(last->permissions, m.permissions) == 0)
            last->end = m.end;
        else
            list->mapping[list->count++] = m;
    }
}

static void set_up(void)
{
    char *memory = must(mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    must(mprotect(memory + 3 * PAGE, PAGE, PROT_NONE));
    must(munmap(memory + 9 * PAGE, PAGE));
    target_exists("check"); // everything that the protocol itself allocates is there before the snapshot
    target_write("warm", "up");
    read_maps(&before);
    read_maps(&before);
}

static void verify(void)
{
    read_maps(&after);
    for (int i = 0; i < before.count && i < after.count; i++) {
        struct mapping *b = &before.mapping[i], *a = &after.mapping[i];
        bool stack = strcmp(b->name, "[stack]") == 0; // it may have grown
        expect((stack || b->start == a->start) && b->end == a->end && b->offset == a->offset && strcmp(b->permissions, a->permissions) == 0 && strcmp(b->name, a->name) == 0,
            "%lx-%lx %s %lx %s became %lx-%lx %s %lx %s", b->start, b->end, b->permissions, b->offset, b->name, a->start, a->end, a->permissions, a->offset, a->name);
    }
    expect(before.count == after.count, "%d mappings became %d", before.count, after.count);
}

TARGET(set_up, verify)
