namespace Torpor.Slices.Memory;

/// <summary>linux/mman.h, asm-generic/mman-common.h and linux/prctl.h, as on x86-64.</summary>
internal static class Mman
{
    public const uint PROT_READ = 1;
    public const uint PROT_WRITE = 2;
    public const uint PROT_EXEC = 4;

    public const uint MAP_SHARED = 0x1;
    public const uint MAP_PRIVATE = 0x2;
    public const uint MAP_DROPPABLE = 0x8;
    public const uint MAP_TYPE = 0xf;
    public const uint MAP_ANONYMOUS = 0x20;
    public const uint MAP_GROWSDOWN = 0x100;
    public const uint MAP_LOCKED = 0x2000;
    public const uint MAP_NORESERVE = 0x4000;
    public const uint MAP_HUGETLB = 0x40000;
    public const uint MAP_FIXED_NOREPLACE = 0x100000;

    /// <summary>The logarithm of the size of a huge page stands in the six highest bits of the flags.</summary>
    public const int MAP_HUGE_SHIFT = 26;
    public const uint MAP_HUGE_MASK = 0x3f;

    public const uint MREMAP_MAYMOVE = 1;
    public const uint MREMAP_FIXED = 2;

    public const int MADV_RANDOM = 1;
    public const int MADV_SEQUENTIAL = 2;
    public const int MADV_DONTFORK = 10;
    public const int MADV_MERGEABLE = 12;
    public const int MADV_HUGEPAGE = 14;
    public const int MADV_NOHUGEPAGE = 15;
    public const int MADV_DONTDUMP = 16;
    public const int MADV_WIPEONFORK = 18;
    public const int MADV_GUARD_INSTALL = 102;

    public const uint MLOCK_ONFAULT = 1;

    public const int PR_SET_MM = 35;
    public const int PR_SET_MM_MAP = 14;
    public const int PR_SET_VMA = 0x53564d41;
    public const int PR_SET_VMA_ANON_NAME = 0;

    public const ulong PageSize = 4096;

    /// <summary>The end of user addresses with five levels of page tables; with four, the kernel itself says no above 2^47.</summary>
    public const ulong UserEnd = (1UL << 56) - PageSize;
}
