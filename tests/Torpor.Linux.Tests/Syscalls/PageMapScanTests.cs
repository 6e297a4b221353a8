using System.Runtime.InteropServices;
using Torpor.Linux.ProcFs;
using Torpor.Linux.Uapi;
using Xunit;

namespace Torpor.Linux.Tests.Syscalls;

public sealed class PageMapScanTests : IDisposable
{
    private const int Pages = 8192;
    private static readonly int Page = Environment.SystemPageSize;

    private readonly nint _map = MappingCalls.Map(
        0, (nuint)(Pages * Page), ProtectionFlags.PROT_READ | ProtectionFlags.PROT_WRITE, Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS | Mman.MAP_NORESERVE);

    private readonly Fd _pagemap = FileCalls.Open("/proc/self/pagemap", Fcntl.O_RDONLY);

    private static PageQuery Populated => new()
    {
        AnyOf = PageCategories.PAGE_IS_PRESENT | PageCategories.PAGE_IS_SWAPPED,
        Report = PageCategories.PAGE_IS_FILE | PageCategories.PAGE_IS_PRESENT | PageCategories.PAGE_IS_SWAPPED,
    };

    public PageMapScanTests() => MappingCalls.Advise(_map, (nuint)(Pages * Page), Mman.MADV_NOHUGEPAGE);

    public void Dispose()
    {
        MappingCalls.Unmap(_map, (nuint)(Pages * Page));
        _pagemap.Dispose();
    }

    private void Touch(int page) => Marshal.WriteByte(_map + (page * Page), 1);

    private RemoteAddress At(int page) => new((ulong)(_map + (page * Page)));

    private List<PageRun> Scan(PageQuery query)
    {
        var runs = new List<PageRun>();
        if (!PageMapScan.TryScan(_pagemap, At(0), At(Pages), query, runs))
            Assert.Skip("this kernel has no PAGEMAP_SCAN (Linux 6.7)");
        return runs;
    }

    private List<PageRun> ScanEntries(PageQuery query)
    {
        var runs = new List<PageRun>();
        PageMapScan.ScanEntries(_pagemap, At(0), At(Pages), query, runs);
        return runs;
    }

    [Fact]
    public void TryScan_TouchedPages_GivesTheirRuns()
    {
        Touch(3);
        Touch(4);
        Touch(9);

        List<PageRun> runs = Scan(Populated);

        Assert.Equal(
            [
                new PageRun(At(3), At(5), PageCategories.PAGE_IS_PRESENT),
                new PageRun(At(9), At(10), PageCategories.PAGE_IS_PRESENT),
            ],
            runs);
        Assert.Equal(runs, ScanEntries(Populated));
    }

    [Fact]
    public void TryScan_MoreRunsThanOneCallTakes_GivesAll()
    {
        for (int page = 0; page < Pages; page += 2)
            Touch(page);

        List<PageRun> runs = Scan(Populated);

        Assert.Equal(Pages / 2, runs.Count);
        Assert.All(runs, run => Assert.Equal((ulong)Page, run.Length));
        Assert.Equal(runs, ScanEntries(Populated));
    }

    [Fact]
    public void TryScan_RunOverCallBorder_IsJoined()
    {
        for (int page = 0; page < Pages; page++)
            Touch(page);

        Assert.Equal(new PageRun(At(0), At(Pages), PageCategories.PAGE_IS_PRESENT), Assert.Single(Scan(Populated)));
    }

    [Fact]
    public void Scan_AppendsToRuns_WithoutJoiningOlderOnes()
    {
        Touch(0);
        Touch(1);
        var runs = new List<PageRun>();

        PageMapScan.Scan(_pagemap, At(0), At(1), Populated, runs);
        PageMapScan.Scan(_pagemap, At(1), At(2), Populated, runs);
        PageMapScan.Scan(_pagemap, At(2), At(2), Populated, runs);

        Assert.Equal(2, runs.Count);
    }

    [Fact]
    public void TryScan_ZeroPage_IsTold()
    {
        Marshal.ReadByte(_map);
        Touch(1);
        PageQuery query = Populated with { Excluded = PageCategories.PAGE_IS_PFNZERO };

        Assert.Equal([new PageRun(At(1), At(2), PageCategories.PAGE_IS_PRESENT)], Scan(query));
    }

    [Fact]
    public void TryScan_GuardPages_AreTold()
    {
        Touch(0);
        if (MappingCalls.Advise(_map + Page, (nuint)(2 * Page), Mman.MADV_GUARD_INSTALL).IsError)
            Assert.Skip("this kernel has no guard regions (Linux 6.13)");
        var guards = new PageQuery { Required = PageCategories.PAGE_IS_GUARD, Report = PageCategories.PAGE_IS_GUARD };

        Assert.Equal([new PageRun(At(1), At(3), PageCategories.PAGE_IS_GUARD)], Scan(guards));
        Assert.Equal([new PageRun(At(1), At(3), PageCategories.PAGE_IS_GUARD)], ScanEntries(guards));
        Assert.Equal([new PageRun(At(0), At(1), PageCategories.PAGE_IS_PRESENT)], Scan(Populated with { Excluded = PageCategories.PAGE_IS_GUARD }));
    }

    [Fact]
    public void TryScan_UnknownCategory_IsLeftToTheEntries() =>
        Assert.False(PageMapScan.TryScan(_pagemap, At(0), At(1), new PageQuery { Required = (PageCategories)(1UL << 40) }, []));

    [Fact]
    public void TryScan_ContradictingQuery_IsRefused() =>
        Assert.Throws<ArgumentException>(() => PageMapScan.TryScan(
            _pagemap, At(0), At(1), new PageQuery { Required = PageCategories.PAGE_IS_FILE, Excluded = PageCategories.PAGE_IS_FILE }, []));
}
