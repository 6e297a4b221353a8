// Files that were deleted under the name they were opened by and live on under another one: beside it, and elsewhere but open by that name too.
#include "target.h"

static int beside, elsewhere, by_name, replaced;
static int round_;

static int make(const char *name, const char *other, int flags)
{
    target_write(name, "first");
    int fd = must(open(target_path(name), flags));
    char from[PATH_MAX];
    snprintf(from, sizeof from, "%s", target_path(name));
    must(link(from, target_path(other)));
    return fd;
}

static void set_up(void)
{
    must(mkdir(target_path("folder"), 0700));
    beside = make("one", "two", O_RDWR | O_APPEND);
    must(unlink(target_path("one")));
    elsewhere = make("three", "folder/four", O_RDWR);
    must(unlink(target_path("three")));
    by_name = must(open(target_path("folder/four"), O_RDONLY));
    replaced = make("five", "six", O_RDWR);
    target_write("five", "the new one"); // renamed over it
}

static void verify(void)
{
    struct stat one, two;
    char text[64] = "", expected[64];
    must(fstat(beside, &one));
    must(stat(target_path("two"), &two));
    expect(one.st_ino == two.st_ino && one.st_nlink == 1, "the file and its other name are two");
    must(fstat(elsewhere, &one));
    must(fstat(by_name, &two));
    expect(one.st_ino == two.st_ino && one.st_nlink == 1, "the file and its other name elsewhere are two");
    must(fstat(replaced, &one));
    must(stat(target_path("six"), &two));
    expect(one.st_ino == two.st_ino && one.st_nlink == 1, "the replaced file and its other name are two");
    must(stat(target_path("five"), &two));
    expect(one.st_ino != two.st_ino, "the replaced file became its successor");
    expect(access(target_path("one"), F_OK) == -1 && access(target_path("three"), F_OK) == -1, "a deleted name is back");
    snprintf(expected, sizeof expected, "round %d", ++round_);
    must(ftruncate(beside, 0));
    must(write(beside, expected, strlen(expected)));
    slurp(target_path("two"), text, sizeof text);
    expect(strcmp(text, expected) == 0, "what is written to the file does not show under its other name: %s", text);
    must(pwrite(elsewhere, expected, strlen(expected), 0));
    memset(text, 0, sizeof text);
    must(pread(by_name, text, sizeof text - 1, 0));
    expect(strncmp(text, expected, strlen(expected)) == 0, "what is written to the file does not show under its name elsewhere: %s", text);
}

TARGET(set_up, verify)
