// Compares named lines of files under /proc/self with what they were.
#pragma once
#include "target.h"

struct status_line { const char *file, *key; char value[512]; };

static void status_take(struct status_line *lines, size_t count)
{
    for (size_t i = 0; i < count; i++)
        proc_field(lines[i].file, lines[i].key, lines[i].value, sizeof lines[i].value);
}

static void status_compare(const struct status_line *lines, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char now[512];
        proc_field(lines[i].file, lines[i].key, now, sizeof now);
        expect(strcmp(now, lines[i].value) == 0, "%s %s was '%s', is '%s'", lines[i].file, lines[i].key, lines[i].value, now);
    }
}
