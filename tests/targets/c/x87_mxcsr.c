// The x87 stack (all eight registers, in 80 bits), its control word, and mxcsr, held live in a busy loop.
#include "spin.h"

struct { uint16_t control, filler; uint32_t mxcsr; long double value[8]; } x87_in, x87_out;
volatile int x87_go;
void x87_hold(void);

asm(".text\nx87_hold:\n"
    "sub $24, %rsp\n stmxcsr 8(%rsp)\n fnstcw (%rsp)\n" // the ABI wants both back
    "fninit\n fldcw x87_in(%rip)\n ldmxcsr x87_in+4(%rip)\n"
    ".set i, 7\n .rept 8\n fldt x87_in+16+16*i(%rip)\n .set i, i-1\n .endr\n"
    "1: cmpl $0, x87_go(%rip)\n je 1b\n"
    ".set i, 0\n .rept 8\n fstpt x87_out+16+16*i(%rip)\n .set i, i+1\n .endr\n"
    "fnstcw x87_out(%rip)\n stmxcsr x87_out+4(%rip)\n"
    "ldmxcsr 8(%rsp)\n fldcw (%rsp)\n add $24, %rsp\n ret\n");

static bool right(int round UNUSED)
{
    bool same = x87_in.control == x87_out.control && x87_in.mxcsr == x87_out.mxcsr;
    for (int i = 0; i < 8; i++)
        same &= memcmp(&x87_in.value[i], &x87_out.value[i], 10) == 0;
    return same;
}

static void next(int round)
{
    x87_in.control = 0x37f & ~(round % 2 ? 0x300 : 0x000); // precision
    x87_in.control |= (uint16_t)(round % 4) << 10;          // rounding
    x87_in.mxcsr = 0x1f80 | (uint32_t)((round + 1) % 4) << 13 | (round % 2 ? 0x8040 : 0) | (mix(round) & 0x3f);
    for (int i = 0; i < 8; i++)
        x87_in.value[i] = (long double)mix(round * 8 + i) / 3 * (i % 2 ? -1 : 1);
}

static struct spinner x87 = { x87_hold, &x87_go, 0, right, next };

static void set_up(void) { spin_start(&x87); }
static void verify(void) { spin_verify(&x87); }

TARGET(set_up, verify)
