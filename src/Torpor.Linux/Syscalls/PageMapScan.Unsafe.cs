using System.Runtime.InteropServices;
using Torpor.Linux.Uapi;

namespace Torpor.Linux;

/// <summary>Pages side by side with the same categories.</summary>
public readonly record struct PageRun(RemoteAddress Start, RemoteAddress End, PageCategories Categories)
{
    /// <summary>In bytes.</summary>
    public ulong Length => End - Start;
}

/// <summary>Which pages a scan reports, and what it tells of them.</summary>
public readonly record struct PageQuery
{
    /// <summary>Every category that a page must have.</summary>
    public PageCategories Required { get; init; }

    /// <summary>Categories of which a page must have at least one; none means that it need not.</summary>
    public PageCategories AnyOf { get; init; }

    /// <summary>Categories of which a page must have none.</summary>
    public PageCategories Excluded { get; init; }

    /// <summary>
    /// The categories to report; pages that differ in others share a run. None reports those that every kernel with
    /// PAGEMAP_SCAN knows, and what the other masks name.
    /// </summary>
    public PageCategories Report { get; init; }

    /// <summary>True when a page with these categories is one to report.</summary>
    public bool Matches(PageCategories categories) =>
        (categories & Required) == Required && (AnyOf == 0 || (categories & AnyOf) != 0) && (categories & Excluded) == 0;

    internal PageCategories ReportMask => Report == 0 ? FirstCategories | Required | AnyOf | Excluded : Report;

    /// <summary>Up to PAGE_IS_SOFT_DIRTY: a kernel refuses a mask with a category that it does not know.</summary>
    private const PageCategories FirstCategories = (PageCategories)0xff;
}

/// <summary>
/// Finds pages by what the page tables say: the ioctl PAGEMAP_SCAN on /proc/PID/pagemap (Linux 6.7), or the entries of that
/// file on older kernels. Opening the file needs PTRACE_MODE_READ access. No page is touched.
/// </summary>
public static unsafe partial class PageMapScan
{
    private const int RegionsPerCall = 1024;

    /// <summary>
    /// Appends the runs of matching pages from <paramref name="start"/> to <paramref name="end"/> (page-aligned), ascending; runs
    /// that touch and have the same categories are one. Uses the ioctl where the kernel has it.
    /// </summary>
    public static void Scan(Fd pagemap, RemoteAddress start, RemoteAddress end, PageQuery query, List<PageRun> runs)
    {
        if (!TryScan(pagemap, start, end, query, runs))
            ScanEntries(pagemap, start, end, query, runs);
    }

    /// <summary>As <see cref="Scan(Fd, RemoteAddress, RemoteAddress, PageQuery, List{PageRun})"/>, with the categories one by one.</summary>
    public static void Scan(
        Fd pagemap,
        RemoteAddress start,
        RemoteAddress end,
        PageCategories required,
        PageCategories anyOf,
        PageCategories excluded,
        List<PageRun> runs) =>
        Scan(pagemap, start, end, new PageQuery { Required = required, AnyOf = anyOf, Excluded = excluded }, runs);

    /// <summary>The ioctl alone; false, with nothing appended, on a kernel without it or without one of the categories.</summary>
    public static bool TryScan(Fd pagemap, RemoteAddress start, RemoteAddress end, PageQuery query, List<PageRun> runs)
    {
        if (end <= start)
            return true;
        PageRegion[] regions = new PageRegion[RegionsPerCall];
        int first = runs.Count;
        // Sound: the array stays pinned while the kernel writes at most vec_len entries of 24 bytes into it.
        fixed (PageRegion* vector = regions)
        {
            var argument = new PmScanArg
            {
                size = (ulong)sizeof(PmScanArg),
                end = end.Value,
                vec = (ulong)vector,
                vec_len = RegionsPerCall,
                // A page matches when (categories ^ inverted) has all of category_mask and any of category_anyof_mask.
                category_inverted = (ulong)query.Excluded,
                category_mask = (ulong)(query.Required | query.Excluded),
                category_anyof_mask = (ulong)query.AnyOf,
                return_mask = (ulong)query.ReportMask,
            };
            if ((query.Excluded & (query.Required | query.AnyOf)) != 0)
                throw new ArgumentException("a category can't be excluded and asked for", nameof(query));
            for (ulong at = start.Value; at < end.Value;)
            {
                argument.start = at;
                argument.walk_end = 0;
                SyscallResult result = FileCalls.Ioctl(pagemap, Pagemap.PAGEMAP_SCAN, ref argument);
                if (result.Errno is Errno.ENOTTY or Errno.EINVAL && runs.Count == first && at == start.Value)
                    return false;
                long count = result.OrThrow($"ioctl PAGEMAP_SCAN {start}-{end}");
                for (int i = 0; i < count; i++)
                    Append(runs, first, regions[i].start, regions[i].end, (PageCategories)regions[i].categories);
                // The kernel collects runs in portions of 512 pages, and when the last portion is not full it leaves
                // walk_end where the one before ended: what was reported beyond must not be scanned again.
                ulong next = count > 0 ? Math.Max(argument.walk_end, regions[count - 1].end) : argument.walk_end;
                if (next <= at)
                    throw new LinuxException($"ioctl PAGEMAP_SCAN {start}-{end} stays at 0x{at:x}", Errno.EIO);
                at = next;
            }
        }
        return true;
    }

    private static void Append(List<PageRun> runs, int first, ulong start, ulong end, PageCategories categories)
    {
        Span<PageRun> known = CollectionsMarshal.AsSpan(runs);
        if (known.Length > first && known[^1].End.Value == start && known[^1].Categories == categories)
            known[^1] = known[^1] with { End = new RemoteAddress(end) };
        else
            runs.Add(new PageRun(new RemoteAddress(start), new RemoteAddress(end), categories));
    }
}
