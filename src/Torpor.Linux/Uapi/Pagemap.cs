using System.Runtime.InteropServices;

namespace Torpor.Linux.Uapi;

/// <summary>PAGE_IS_* of linux/fs.h: what PAGEMAP_SCAN tells about a page.</summary>
[Flags]
public enum PageCategories : ulong
{
    None = 0,

    /// <summary>The range is write-protected by an asynchronous userfaultfd, so that writes can be noticed.</summary>
    PAGE_IS_WPALLOWED = 1 << 0,

    /// <summary>Written since it was write-protected.</summary>
    PAGE_IS_WRITTEN = 1 << 1,

    /// <summary>Comes from a file, or is shared anonymous memory.</summary>
    PAGE_IS_FILE = 1 << 2,

    PAGE_IS_PRESENT = 1 << 3,

    PAGE_IS_SWAPPED = 1 << 4,

    /// <summary>The shared zero page.</summary>
    PAGE_IS_PFNZERO = 1 << 5,

    /// <summary>Part of a huge page.</summary>
    PAGE_IS_HUGE = 1 << 6,

    PAGE_IS_SOFT_DIRTY = 1 << 7,

    /// <summary>In a guard region (Linux 6.15).</summary>
    PAGE_IS_GUARD = 1 << 8,
}

/// <summary><c>struct page_region</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct PageRegion
{
    public ulong start;
    public ulong end;
    public ulong categories;
}

/// <summary><c>struct pm_scan_arg</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct PmScanArg
{
    public ulong size;
    public ulong flags;
    public ulong start;
    public ulong end;
    public ulong walk_end;
    public ulong vec;
    public ulong vec_len;
    public ulong max_pages;
    public ulong category_inverted;
    public ulong category_mask;
    public ulong category_anyof_mask;
    public ulong return_mask;
}

/// <summary>The requests and flags of PAGEMAP_SCAN, and the bits of an entry of /proc/PID/pagemap.</summary>
public static class Pagemap
{
    /// <summary><c>_IOWR('f', 16, struct pm_scan_arg)</c>.</summary>
    public const uint PAGEMAP_SCAN = 0xc0606610;

    public const ulong PM_SCAN_WP_MATCHING = 1 << 0;
    public const ulong PM_SCAN_CHECK_WPASYNC = 1 << 1;

    public const ulong PM_SOFT_DIRTY = 1UL << 55;
    public const ulong PM_MMAP_EXCLUSIVE = 1UL << 56;
    public const ulong PM_UFFD_WP = 1UL << 57;
    public const ulong PM_GUARD_REGION = 1UL << 58;
    public const ulong PM_FILE = 1UL << 61;
    public const ulong PM_SWAP = 1UL << 62;
    public const ulong PM_PRESENT = 1UL << 63;
}
