// All general registers held live in a busy loop, and in another thread all arithmetic flags and the direction flag.
#include "spin.h"

uint64_t gpr_in[15], gpr_out[15], flags_in, flags_out;
volatile int gpr_go, flags_go;
void gpr_hold(void), flags_hold(void);

#define EACH(m) m(rax, 0) m(rbx, 1) m(rcx, 2) m(rdx, 3) m(rsi, 4) m(rdi, 5) m(rbp, 6) m(r8, 7) m(r9, 8) m(r10, 9) m(r11, 10) m(r12, 11) m(r13, 12) m(r14, 13) m(r15, 14)
#define LOAD(reg, i) "mov gpr_in+8*" #i "(%rip), %" #reg "\n"
#define STORE(reg, i) "mov %" #reg ", gpr_out+8*" #i "(%rip)\n"
#define SAVE "push %rbx\n push %rbp\n push %r12\n push %r13\n push %r14\n push %r15\n"
#define BACK "pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbp\n pop %rbx\n cld\n ret\n"

asm(".text\ngpr_hold:\n" SAVE EACH(LOAD) "1: cmpl $0, gpr_go(%rip)\n je 1b\n" EACH(STORE) BACK
    // mov and jrcxz leave the flags alone
    "flags_hold:\n" SAVE "push flags_in(%rip)\n popf\n"
    "2: movslq flags_go(%rip), %rcx\n jrcxz 2b\n"
    "pushf\n pop flags_out(%rip)\n" BACK);

static bool gpr_right(int round UNUSED) { return memcmp(gpr_in, gpr_out, sizeof gpr_in) == 0; }
static void gpr_next(int round) { fill(gpr_in, sizeof gpr_in, 100 * round); }

enum { ARITHMETIC = 0xcd5 }; // CF PF AF ZF SF DF OF
static bool flags_right(int round UNUSED) { return (flags_out & ARITHMETIC) == (flags_in & ARITHMETIC); }
static void flags_next(int round) { flags_in = 0x202 | (round % 2 ? ARITHMETIC : (mix(round) & ARITHMETIC)); }

static struct spinner gpr = { gpr_hold, &gpr_go, 0, gpr_right, gpr_next }, flags = { flags_hold, &flags_go, 0, flags_right, flags_next };

static void set_up(void) { spin_start(&gpr), spin_start(&flags); }
static void verify(void) { spin_verify(&gpr), spin_verify(&flags); }

TARGET(set_up, verify)
