using System.Runtime.InteropServices;
using Torpor.Linux.Uapi;

namespace Torpor.Linux;

/// <content>The way of kernels before 6.7: eight bytes for each page, mapped or not.</content>
public static partial class PageMapScan
{
    private const int EntriesPerRead = 32768;

    /// <summary>
    /// Reads the entries of /proc/PID/pagemap. PAGE_IS_PFNZERO and PAGE_IS_HUGE never show, because page frame numbers need
    /// CAP_SYS_ADMIN: a shared zero page looks like any other page of the kernel's. Give it mapped ranges only: it takes time
    /// for every page of the range.
    /// </summary>
    public static void ScanEntries(Fd pagemap, RemoteAddress start, RemoteAddress end, PageQuery query, List<PageRun> runs)
    {
        ulong pageSize = (ulong)Environment.SystemPageSize;
        byte[] buffer = new byte[EntriesPerRead * 8];
        int first = runs.Count;
        PageCategories report = query.ReportMask;
        for (ulong at = start.Value; at < end.Value;)
        {
            ulong entries = Math.Min((end.Value - at + pageSize - 1) / pageSize, EntriesPerRead);
            int length = FileCalls.ReadAt(pagemap, buffer.AsSpan(0, (int)entries * 8), (long)(at / pageSize * 8));
            if (length < 8)
                return;
            foreach (ulong entry in MemoryMarshal.Cast<byte, ulong>(buffer.AsSpan(0, length & ~7)))
            {
                PageCategories categories = Categories(entry);
                if (query.Matches(categories))
                    Append(runs, first, at, at + pageSize, categories & report);
                at += pageSize;
            }
        }
    }

    private static PageCategories Categories(ulong entry)
    {
        PageCategories categories = PageCategories.None;
        if ((entry & Pagemap.PM_PRESENT) != 0)
            categories |= PageCategories.PAGE_IS_PRESENT;
        if ((entry & Pagemap.PM_SWAP) != 0)
            categories |= PageCategories.PAGE_IS_SWAPPED;
        if ((entry & Pagemap.PM_FILE) != 0)
            categories |= PageCategories.PAGE_IS_FILE;
        if ((entry & Pagemap.PM_SOFT_DIRTY) != 0)
            categories |= PageCategories.PAGE_IS_SOFT_DIRTY;
        if ((entry & Pagemap.PM_GUARD_REGION) != 0)
            categories |= PageCategories.PAGE_IS_GUARD;
        if ((entry & Pagemap.PM_UFFD_WP) == 0)
            categories |= PageCategories.PAGE_IS_WRITTEN;
        return categories;
    }
}
