// Directories: a descriptor, and a reader in the middle of the entries, which sees the rest, each once.
#include "target.h"
#include <dirent.h>

enum { ENTRIES = 300 };
static DIR *reader;
static bool met[ENTRIES];
static int handle, count;

static void next(int entries)
{
    for (struct dirent *entry; entries > 0 && (entry = readdir(reader));) {
        int i;
        if (sscanf(entry->d_name, "entry-%d", &i) != 1)
            continue;
        expect(!met[i], "entry %d comes twice", i);
        met[i] = true;
        count++;
        entries--;
    }
}

static void set_up(void)
{
    must(mkdir(target_path("entries"), 0755));
    handle = must(open(target_path("entries"), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    for (int i = 0; i < ENTRIES; i++) {
        char name[32];
        snprintf(name, sizeof name, "entry-%d-of-the-directory", i);
        close(must(openat(handle, name, O_CREAT | O_WRONLY, 0600)));
    }
    reader = opendir(target_path("entries"));
    next(20);
}

static void verify(void)
{
    char name[32] = "entry-7-of-the-directory";
    expect(faccessat(handle, name, F_OK, 0) == 0, "the directory's descriptor shows another directory");
    // Drops what the library has buffered and continues from the kernel's position.
    seekdir(reader, telldir(reader));
    next(30);
    int before = count;
    next(ENTRIES);
    expect(count == ENTRIES, "%d entries of %d were read, %d of them at the end", count, ENTRIES, count - before);
    rewinddir(reader);
    memset(met, 0, sizeof met);
    count = 0;
    next(20);
}

TARGET(set_up, verify)
