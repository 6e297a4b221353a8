using Torpor.Slices.Memory;
using Xunit;

namespace Torpor.Tests.Slices.Memory;

public class SharedViewsTests
{
    private const ulong Page = 4096;

    private static (Model.CaptureContext, ClassifiedMapping) View(ulong start, ulong pages, ulong offset, bool shared = true)
    {
        string line = $"{start:x}-{start + (pages * Page):x} rw-{(shared ? 's' : 'p')} {offset * Page:x} 00:01 5 /memfd:x (deleted)";
        // Whose mapping it is makes no difference.
        return (null!, MappingClassifier.Classify(Mappings.Parse(line), new Model.RefusalList("1 (test)"))!);
    }

    [Fact]
    public void Cover_TwoViewsOfTheSame_ReadsOnce()
    {
        ViewPart part = Assert.Single(SharedViews.Cover([View(0x10000, 4, 0), View(0x20000, 4, 0)]));

        Assert.Equal(4 * Page, part.End - part.Start);
    }

    [Fact]
    public void Cover_OverlappingViews_CoversTheUnionAscending()
    {
        List<ViewPart> parts = SharedViews.Cover([View(0x40000, 8, 4), View(0x10000, 6, 0), View(0x90000, 1, 20)]);

        Assert.Equal([(0UL, 6 * Page), (6 * Page, 12 * Page), (20 * Page, 21 * Page)], parts.Select(p => (p.Start, p.End)));
        Assert.Equal(0x40000 + (2 * Page), parts[1].Address);
        Assert.Equal(parts[1].Start, unchecked(parts[1].Address + parts[1].Relocation));
    }

    [Fact]
    public void Cover_PrivateAndSharedView_PrefersTheShared()
    {
        List<ViewPart> parts = SharedViews.Cover([View(0x10000, 4, 0, shared: false), View(0x20000, 2, 1)]);

        Assert.Equal([true, false, true], parts.Select(p => p.View.State.IsPrivate));
        Assert.Equal([0UL, Page, 3 * Page], parts.Select(p => p.Start));
    }

    [Theory]
    [InlineData(new byte[] { 0, 0, 0 }, new ulong[0])]
    [InlineData(new byte[] { 1, 1, 1 }, new ulong[] { 0, 3 })]
    [InlineData(new byte[] { 0, 1, 1, 0, 1 }, new ulong[] { 1, 3, 4, 5 })]
    [InlineData(new byte[] { 2, 3, 1, 0x80 }, new ulong[] { 1, 3 })]
    public void Resident_Vector_GivesRuns(byte[] vector, ulong[] expected)
    {
        IEnumerable<ulong> bounds = SharedViews.Resident(vector, 0x10000).SelectMany(r => (ulong[])[(r.Start - 0x10000) / Page, (r.End - 0x10000) / Page]);

        Assert.Equal(expected, bounds);
    }
}
