// Vector registers held live in busy loops, one thread for each width that this CPU has: xmm, ymm, and zmm with the mask registers.
#include "spin.h"

uint64_t xmm_in[16 * 2], xmm_out[16 * 2], ymm_in[16 * 4], ymm_out[16 * 4], zmm_in[32 * 8 + 8], zmm_out[32 * 8 + 8];
volatile int xmm_go, ymm_go, zmm_go;
void xmm_hold(void), ymm_hold(void), zmm_hold(void);

asm(".text\n"
    ".macro hold kind, move, size, count, masks\n"
    "\\kind\\()_hold:\n"
    ".set i, 0\n .rept \\count\n numbered \\move, \\kind\\()_in+\\size*, (%rip), \\kind, %i, load\n .set i, i+1\n .endr\n"
    ".if \\masks\n .set i, 0\n .rept 8\n mask %i, load\n .set i, i+1\n .endr\n .endif\n"
    "1: cmpl $0, \\kind\\()_go(%rip)\n je 1b\n"
    ".set i, 0\n .rept \\count\n numbered \\move, \\kind\\()_out+\\size*, (%rip), \\kind, %i, store\n .set i, i+1\n .endr\n"
    ".if \\masks\n .set i, 0\n .rept 8\n mask %i, store\n .set i, i+1\n .endr\n .endif\n"
    "ret\n .endm\n"
    ".altmacro\n"
    ".macro numbered move, base, tail, kind, n, way\n"
    ".ifc \\way, load\n \\move \\base\\n\\tail, %\\kind\\n\n .else\n \\move %\\kind\\n, \\base\\n\\tail\n .endif\n .endm\n"
    ".macro mask n, way\n"
    ".ifc \\way, load\n kmovq zmm_in+32*64+8*\\n(%rip), %k\\n\n .else\n kmovq %k\\n, zmm_out+32*64+8*\\n(%rip)\n .endif\n .endm\n"
    "hold xmm, movups, 16, 16, 0\n"
    "hold ymm, vmovups, 32, 16, 0\n"
    "hold zmm, vmovups, 64, 32, 1\n"
    ".noaltmacro\n");

#define KIND(k) \
    static bool k##_right(int round UNUSED) { return memcmp(k##_in, k##_out, sizeof k##_in) == 0; } \
    static void k##_next(int round) { fill(k##_in, sizeof k##_in, 1000 * round + sizeof k##_in); } \
    static struct spinner k = { k##_hold, &k##_go, 0, k##_right, k##_next };
KIND(xmm)
KIND(ymm)
KIND(zmm)

static void set_up(void)
{
    spin_start(&xmm);
    if (__builtin_cpu_supports("avx"))
        spin_start(&ymm);
    if (__builtin_cpu_supports("avx512bw"))
        spin_start(&zmm);
}

static void verify(void)
{
    spin_verify(&xmm);
    if (__builtin_cpu_supports("avx"))
        spin_verify(&ymm);
    if (__builtin_cpu_supports("avx512bw"))
        spin_verify(&zmm);
}

TARGET(set_up, verify)
