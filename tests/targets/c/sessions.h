// Members with a group and a session that the kernel lets a process get only by birth or by its own call.
#pragma once
#include "family.h"

static UNUSED void place_note(int i)
{
    board->slot[i].value[6] = getpgid(0);
    board->slot[i].value[7] = getsid(0);
}

// A member is where it was, says itself and says /proc.
static UNUSED void place_prove(int i)
{
    struct process_stat s = stat_of(getpid());
    expect(getpgid(0) == value_of(i, 6) && s.group == value_of(i, 6), "member %d was in group %ld, is in %d", i, (long)value_of(i, 6), getpgid(0));
    expect(getsid(0) == value_of(i, 7) && s.session == value_of(i, 7), "member %d was in session %ld, is in %d", i, (long)value_of(i, 7), getsid(0));
}

static UNUSED void place_expect(int i, pid_t group, pid_t session)
{
    expect(value_of(i, 6) == group && value_of(i, 7) == session, "member %d has group %ld and session %ld, wanted %d and %d", i, (long)value_of(i, 6),
        (long)value_of(i, 7), group, session);
}

static volatile sig_atomic_t group_signals;

static void group_handler(int signal UNUSED) { group_signals++; }

// Members count SIGUSR1; the root sends it to a group, and exactly the members of that group count one more.
static UNUSED void group_listen(void) { must(sigaction(SIGUSR1, &(struct sigaction) { .sa_handler = group_handler }, NULL)); }
static UNUSED void group_count(int i) { board->slot[i].value[5] = group_signals; }

static UNUSED void group_reaches(pid_t group, uint64_t members)
{
    int64_t before[64];
    for (uint32_t i = 0; i < board->size; i++)
        before[i] = value_of((int)i, 5);
    expect(kill(-group, SIGUSR1) == 0, "no signal can be sent to group %d: %s", group, strerror(errno));
    family_ask(5);
    for (uint32_t i = 0; i < board->size; i++)
        expect(value_of((int)i, 5) == before[i] + (int)(members >> i & 1), "a signal to group %d reached member %d %ld times", group, i,
            (long)(value_of((int)i, 5) - before[i]));
}
