using Torpor.Linux;
using Torpor.Linux.Uapi;
using Torpor.Slices.Memory;
using Xunit;

namespace Torpor.Tests.Slices.Memory;

public class PageRunsTests
{
    private const ulong Page = 4096;

    private static MappingState Mapping(ulong start, ulong end, MappingKind kind = MappingKind.AnonymousPrivate) =>
        new() { Start = start * Page, End = end * Page, Kind = kind };

    private static PageRun Run(ulong start, ulong end, PageCategories categories = PageCategories.PAGE_IS_PRESENT) =>
        new(new RemoteAddress(start * Page), new RemoteAddress(end * Page), categories);

    private static AddressRange Range(ulong start, ulong end) => new(start * Page, end * Page);

    [Fact]
    public void Distribute_RunAcrossMappings_IsSplit()
    {
        MappingPages[] pages = PageRuns.Distribute([Run(1, 10)], [Mapping(2, 4), Mapping(4, 6), Mapping(8, 12)]);

        Assert.Equal([Range(2, 4)], pages[0].Own);
        Assert.Equal([Range(4, 6)], pages[1].Own);
        Assert.Equal([Range(8, 10)], pages[2].Own);
    }

    [Fact]
    public void Distribute_PresentBesideSwapped_IsOneRun()
    {
        MappingPages[] pages = PageRuns.Distribute([Run(1, 2), Run(2, 3, PageCategories.PAGE_IS_SWAPPED), Run(5, 6)], [Mapping(0, 10)]);

        Assert.Equal([Range(1, 3), Range(5, 6)], pages[0].Own);
    }

    [Fact]
    public void Distribute_GuardPages_AreNoContent()
    {
        const PageCategories guard = PageCategories.PAGE_IS_SWAPPED | PageCategories.PAGE_IS_GUARD;

        MappingPages[] pages = PageRuns.Distribute([Run(1, 2), Run(2, 4, guard), Run(4, 5)], [Mapping(0, 10)]);

        Assert.Equal([Range(1, 2), Range(4, 5)], pages[0].Own);
        Assert.Equal([Range(2, 4)], pages[0].Guards);
    }

    [Fact]
    public void Distribute_SharedMemory_HasNoPagesOfItsOwn()
    {
        MappingPages[] pages = PageRuns.Distribute([Run(1, 2)], [Mapping(0, 10, MappingKind.AnonymousShared)]);

        Assert.Empty(pages[0].Own);
    }

    [Fact]
    public void Complement_SomeRanges_GivesTheRest()
    {
        Assert.Equal([Range(0, 1), Range(3, 5), Range(6, 9)], PageRuns.Complement(Range(0, 9), [Range(1, 3), Range(5, 6)]));
        Assert.Equal([Range(0, 9)], PageRuns.Complement(Range(0, 9), []));
        Assert.Empty(PageRuns.Complement(Range(0, 9), [Range(0, 9)]));
    }
}
