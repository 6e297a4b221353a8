// The personality (ADDR_NO_RANDOMIZE, ADDR_COMPAT_LAYOUT), set before the program is executed.
#include "target.h"
#include <sys/personality.h>

enum { WANTED = ADDR_NO_RANDOMIZE | ADDR_COMPAT_LAYOUT };

static void set_up(void)
{
    if (personality(0xffffffff) == WANTED)
        return;
    must(personality(WANTED));
    must(execv("/proc/self/exe", target_argv));
}

static void verify(void) { expect(personality(0xffffffff) == WANTED, "the personality is %x", personality(0xffffffff)); }

TARGET(set_up, verify)
