// Files without a name: deleted while open (and by two descriptors of one file), made by O_TMPFILE, and deleted with a new file in its place.
#include "target.h"

static int deleted, again, temporary, replaced, empty;
static int round_;

static void set_up(void)
{
    static char content[100 * KIB];
    fill(content, sizeof content, 4);
    deleted = must(open(target_path("deleted"), O_RDWR | O_CREAT | O_EXCL, 0640));
    must(write(deleted, content, sizeof content));
    again = must(open(target_path("deleted"), O_RDONLY));
    must(lseek(again, 8 * 100, SEEK_SET));
    must(unlink(target_path("deleted")));
    temporary = open(target_dir, O_TMPFILE | O_RDWR, 0600);
    if (temporary >= 0) {
        must(write(temporary, content, 3000));
        must(lseek(temporary, GIB, SEEK_SET));
        must(write(temporary, "end", 3)); // sparse
    }
    replaced = must(open(target_path("replaced"), O_RDWR | O_CREAT | O_EXCL, 0600));
    must(write(replaced, "old", 3));
    must(unlink(target_path("replaced")));
    target_write("replaced", "the new one");
    empty = must(open(target_path("empty"), O_RDWR | O_CREAT | O_EXCL, 0600));
    must(unlink(target_path("empty")));
}

static void verify(void)
{
    static char content[100 * KIB];
    struct stat status, other;
    expect(pread(deleted, content, sizeof content, 0) == sizeof content, "the deleted file is shorter");
    expect(filled(content, sizeof content, 4 + round_), "the deleted file changed");
    must(fstat(deleted, &status));
    must(fstat(again, &other));
    expect(status.st_nlink == 0 && status.st_size == sizeof content && (status.st_mode & 0777) == 0640, "links %ld size %ld mode %o", (long)status.st_nlink, (long)status.st_size, status.st_mode);
    expect(status.st_ino == other.st_ino, "two descriptors of one deleted file became two files");
    expect(lseek(again, 0, SEEK_CUR) == 800, "the position is %ld", (long)lseek(again, 0, SEEK_CUR));
    fill(content, sizeof content, 4 + ++round_);
    must(pwrite(deleted, content, sizeof content, 0));
    uint64_t word;
    must(pread(again, &word, 8, 16));
    expect(word == mix(4 + round_ + 2), "a write to one descriptor is not read by the other");
    if (temporary >= 0) {
        must(fstat(temporary, &status));
        expect(status.st_size == (off_t)GIB + 3 && status.st_blocks < 1024, "the O_TMPFILE has %ld bytes in %ld blocks", (long)status.st_size, (long)status.st_blocks);
        must(pread(temporary, content, 3000, 0));
        expect(filled(content, 3000, 4), "the O_TMPFILE changed");
        expect(pread(temporary, content, 10, GIB) == 3 && memcmp(content, "end", 3) == 0, "the end of the O_TMPFILE changed");
    }
    expect(pread(replaced, content, 10, 0) == 3 && memcmp(content, "old", 3) == 0, "the deleted file became its successor");
    slurp(target_path("replaced"), content, sizeof content);
    expect(strcmp(content, "the new one") == 0, "the successor of the deleted file was overwritten");
    expect(read(empty, content, 1) == 0, "the empty deleted file has bytes");
    expect(access(target_path("deleted"), F_OK) == -1 && access(target_path("empty"), F_OK) == -1, "a deleted file has its name again");
}

TARGET(set_up, verify)
