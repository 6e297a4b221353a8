using Torpor.Linux;
using Torpor.Linux.ProcFs;
using Torpor.Linux.Uapi;

namespace Torpor.Slices.Memory;

/// <summary>What the page tables say about one mapping.</summary>
/// <param name="Own">Pages of the process's own: written to, in memory or swapped out. Ascending.</param>
/// <param name="Guards">Guard regions. Ascending.</param>
internal sealed record MappingPages(IReadOnlyList<AddressRange> Own, IReadOnlyList<AddressRange> Guards)
{
    public static MappingPages None { get; } = new([], []);
}

/// <summary>Distributes the runs of a scan over the mappings.</summary>
internal static class PageRuns
{
    private const PageCategories Present = PageCategories.PAGE_IS_PRESENT | PageCategories.PAGE_IS_SWAPPED;

    /// <summary>A file's unchanged pages and the shared zero page hold nothing of the process's own.</summary>
    private static readonly PageQuery Own = new()
    {
        AnyOf = Present,
        Excluded = PageCategories.PAGE_IS_FILE | PageCategories.PAGE_IS_PFNZERO,
        Report = PageCategories.PAGE_IS_GUARD | Present,
    };

    private static readonly PageQuery OwnWithoutGuards = Own with { Report = Present };

    /// <summary>Scans the whole address space at once: the kernel skips what has no page tables, so that huge reservations cost nothing.</summary>
    public static List<PageRun> Scan(ProcTask process, IReadOnlyList<MappingState> mappings)
    {
        var runs = new List<PageRun>();
        using Fd pagemap = FileCalls.Open(process.PathOf("pagemap"), Fcntl.O_RDONLY);
        List<MappingState> scanned = [.. mappings.Where(m => !m.IsKernels)];
        if (scanned.Count == 0)
            return runs;
        var start = new RemoteAddress(scanned[0].Start);
        var end = new RemoteAddress(scanned[^1].End);
        if (PageMapScan.TryScan(pagemap, start, end, Own, runs) || PageMapScan.TryScan(pagemap, start, end, OwnWithoutGuards, runs))
            return runs;
        // Without the ioctl every page of a mapping costs eight bytes read; those of mappings that hold nothing are spared by the caller.
        foreach (MappingState mapping in scanned)
        {
            if (mapping.IsPrivate)
                PageMapScan.Scan(pagemap, new RemoteAddress(mapping.Start), new RemoteAddress(mapping.End), Own, runs);
        }
        return runs;
    }

    /// <summary>The part of the runs that lies in each mapping. Both lists ascend.</summary>
    public static MappingPages[] Distribute(IReadOnlyList<PageRun> runs, IReadOnlyList<MappingState> mappings)
    {
        var pages = new MappingPages[mappings.Count];
        int run = 0;
        for (int i = 0; i < mappings.Count; i++)
        {
            MappingState mapping = mappings[i];
            while (run < runs.Count && runs[run].End.Value <= mapping.Start)
                run++;
            pages[i] = mapping.IsPrivate ? Slice(runs, run, mapping.Range) : MappingPages.None;
        }
        return pages;
    }

    private static MappingPages Slice(IReadOnlyList<PageRun> runs, int first, AddressRange range)
    {
        List<AddressRange>? own = null, guards = null;
        for (int i = first; i < runs.Count && runs[i].Start.Value < range.End; i++)
        {
            var part = new AddressRange(Math.Max(range.Start, runs[i].Start.Value), Math.Min(range.End, runs[i].End.Value));
            Append((runs[i].Categories & PageCategories.PAGE_IS_GUARD) != 0 ? guards ??= [] : own ??= [], part);
        }
        return own is null && guards is null ? MappingPages.None : new MappingPages(own ?? [], guards ?? []);
    }

    /// <summary>Runs that differ only in being swapped or not are one.</summary>
    private static void Append(List<AddressRange> ranges, AddressRange range)
    {
        if (ranges.Count > 0 && ranges[^1].End == range.Start)
            ranges[^1] = new AddressRange(ranges[^1].Start, range.End);
        else
            ranges.Add(range);
    }

    /// <summary>The parts of ranges that lie in a range.</summary>
    public static List<AddressRange> Within(IEnumerable<AddressRange> ranges, AddressRange whole) =>
        [.. ranges.Where(range => range.Overlaps(whole)).Select(range => range.Intersect(whole))];

    /// <summary>What ranges have and others have not. Both ascend.</summary>
    public static IEnumerable<AddressRange> Subtract(IEnumerable<AddressRange> ranges, IReadOnlyList<AddressRange> others)
    {
        int next = 0;
        foreach (AddressRange range in ranges)
        {
            while (next < others.Count && others[next].End <= range.Start)
                next++;
            int end = next;
            while (end < others.Count && others[end].Start < range.End)
                end++;
            foreach (AddressRange rest in Complement(range, [.. others.Skip(next).Take(end - next)]))
                yield return rest;
        }
    }

    /// <summary>The parts of a range that the ascending ranges leave free.</summary>
    public static IEnumerable<AddressRange> Complement(AddressRange whole, IReadOnlyList<AddressRange> ranges)
    {
        ulong at = whole.Start;
        foreach (AddressRange range in ranges)
        {
            if (range.Start > at)
                yield return new AddressRange(at, range.Start);
            at = range.End;
        }
        if (at < whole.End)
            yield return new AddressRange(at, whole.End);
    }
}
