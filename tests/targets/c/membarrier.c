// Registration for private expedited membarriers (plain, sync-core, rseq): the barrier itself goes on working without a new registration.
#include "target.h"
#include <linux/membarrier.h>

static const int registrations[] = { MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ, MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED };
static const int barriers[] = { MEMBARRIER_CMD_PRIVATE_EXPEDITED, MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ, MEMBARRIER_CMD_GLOBAL_EXPEDITED };
static bool registered[4];

static void *other(void *argument UNUSED) { for (;;) sleep_ms(10); return NULL; }

static void set_up(void)
{
    long known = syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0);
    if (known < 0)
        skip("this kernel has no membarrier");
    spawn(other, NULL);
    for (int i = 0; i < 4; i++)
        if (known & registrations[i])
            registered[i] = must(syscall(SYS_membarrier, registrations[i], 0, 0)) == 0;
}

static void verify(void)
{
    for (int i = 0; i < 4; i++)
        expect(!registered[i] || syscall(SYS_membarrier, barriers[i], 0, 0) == 0, "membarrier command %d: %s", barriers[i], strerror(errno));
}

TARGET(set_up, verify)
