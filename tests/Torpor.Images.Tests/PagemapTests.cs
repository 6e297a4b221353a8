using CsCheck;
using Google.Protobuf;

namespace Torpor.Images.Tests;

public sealed class PagemapTests : IDisposable
{
    private const uint PageSize = 4096;
    private const string Name = "pagemap-1.img";

    private readonly TemporaryDirectory _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Runs_WhatWasAdded_HaveTheirPlaces()
    {
        IReadOnlyList<PagemapRun> runs = RoundTrip(present: 5, writer =>
        {
            writer.Add(0x1000, 2, PagemapFlags.Present);
            writer.Add(0x5000, 1, PagemapFlags.Parent);
            writer.Add(0x6000, 3, PagemapFlags.Present | PagemapFlags.Lazy);
        });
        Assert.Equal(
            [
                new(0x1000, 2, PagemapFlags.Present, 0),
                new(0x5000, 1, PagemapFlags.Parent, 2 * PageSize),
                new(0x6000, 3, PagemapFlags.Present | PagemapFlags.Lazy, 2 * PageSize),
            ],
            runs);
    }

    [Fact]
    public void Add_AdjacentRuns_BecomeOne()
    {
        IReadOnlyList<PagemapRun> runs = RoundTrip(present: 3, writer =>
        {
            writer.Add(0x1000, 1, PagemapFlags.Present);
            writer.Add(0x2000, 2, PagemapFlags.Present);
        });
        Assert.Equal([new PagemapRun(0x1000, 3, PagemapFlags.Present, 0)], runs);
    }

    [Fact]
    public void Add_MoreThanOneEntryHolds_Continues()
    {
        const ulong Pages = (3UL << 18) + 7;
        IReadOnlyList<PagemapRun> runs = RoundTrip(present: Pages, writer =>
        {
            writer.Add(0x1000, 1, PagemapFlags.Present);
            writer.Add(0x2000, Pages - 1, PagemapFlags.Present);
        });
        Assert.Equal([1UL << 18, 1UL << 18, 1UL << 18, 7], runs.Select(run => run.Pages));
        Assert.Equal(0x1000 + (3UL << 30), runs[3].Address);
        Assert.Equal(3L << 30, runs[3].FileOffset);
    }

    [Fact]
    public void Add_BelowTheEnd_Throws()
    {
        using var directory = ImageDirectoryWriter.Create(_temporary.Images, overwrite: false);
        using var writer = new PagemapWriter(directory, Name, pagesId: 1);
        writer.Add(0x1000, 2, PagemapFlags.Present);
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Add(0x2000, 1, PagemapFlags.Present));
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Add(0x3001, 1, PagemapFlags.Present));
    }

    [Fact]
    public void Runs_RandomRuns_CoverTheSamePages()
    {
        Gen<(ulong, ulong, PagemapFlags)> run = Gen.Select(Gen.ULong[0, 3], Gen.ULong[1, 5], Gen.Bool.Select(present => present ? PagemapFlags.Present : PagemapFlags.Parent));
        run.List[0, 30].Sample(
            list =>
            {
                using var temporary = new TemporaryDirectory();
                var expected = new List<(ulong, PagemapFlags, long)>();
                ulong present = 0;
                IReadOnlyList<PagemapRun> read = RoundTrip(temporary, () => present, writer =>
                {
                    ulong address = 0;
                    foreach ((ulong gap, ulong pages, PagemapFlags flags) in list)
                    {
                        address += gap * PageSize;
                        writer.Add(address, pages, flags);
                        for (ulong i = 0; i < pages; i++, address += PageSize)
                            expected.Add((address, flags, flags == PagemapFlags.Present ? (long)(present++ * PageSize) : -1));
                    }
                });
                return read.SelectMany(Pages).SequenceEqual(expected);
            },
            iter: 200,
            threads: 1);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public void Runs_PagesFileOfOtherLength_IsDamaged(ulong present)
    {
        ImageException error = Assert.Throws<ImageException>(() => RoundTrip(present, writer => writer.Add(0x1000, 3, PagemapFlags.Present)));
        Assert.Equal(ImageFailure.Damaged, error.Kind);
        Assert.EndsWith("pages-1.img", error.File, StringComparison.Ordinal);
    }

    [Fact]
    public void Runs_EntryBefore64BitNumbers_IsAccepted() =>
        Assert.Equal([new PagemapRun(0x1000, 2, PagemapFlags.Present, 0)], ReadEntries(2, new PagemapEntry { Vaddr = 0x1000, CompatNrPages = 2 }));

    [Fact]
    public void Runs_InParentWithoutFlags_IsOfTheParent() =>
        Assert.Equal([new PagemapRun(0x1000, 2, PagemapFlags.Parent, 0)], ReadEntries(0, new PagemapEntry { Vaddr = 0x1000, CompatNrPages = 2, InParent = true }));

    [Fact]
    public void Runs_UnknownFlagOrCompressed_IsForeign()
    {
        Refuses(ImageFailure.Foreign, new PagemapEntry { Vaddr = 0x1000, CompatNrPages = 1, Flags = 4 | 8 });
        Refuses(ImageFailure.Foreign, new PagemapEntry { Vaddr = 0x1000, CompatNrPages = 1, Flags = 4, Blocks = new PagemapBlocks { TotalPayloadSize = 1, PagesPerBlock = 1, BlockSizes = { 1 } } });
    }

    [Fact]
    public void Runs_ImpossibleEntry_IsDamaged()
    {
        Refuses(ImageFailure.Damaged, new PagemapEntry { Vaddr = 0x1001, CompatNrPages = 1, Flags = 4 });
        Refuses(ImageFailure.Damaged, new PagemapEntry { Vaddr = 0x1000, CompatNrPages = 0, Flags = 4 });
        Refuses(ImageFailure.Damaged, new PagemapEntry { Vaddr = 0x1000, CompatNrPages = 1, Flags = 5 });
        Refuses(ImageFailure.Damaged, new PagemapEntry { Vaddr = 0x1000, CompatNrPages = 1, Flags = 4, NrPages = ulong.MaxValue });
        Refuses(ImageFailure.Damaged, new PagemapEntry { Vaddr = 0x1000, CompatNrPages = 1, Flags = 4, NrPages = (ulong.MaxValue >> 12) + 1 });
        Refuses(ImageFailure.Damaged, new PagemapEntry { Vaddr = 0x1000, CompatNrPages = 1, Flags = 4, NrPages = (ulong.MaxValue >> 12) - 1 });
    }

    [Fact]
    public void Runs_OverlapOrDisorder_IsDamaged()
    {
        Refuses(ImageFailure.Damaged, new PagemapEntry { Vaddr = 0x2000, CompatNrPages = 2, Flags = 4 }, new PagemapEntry { Vaddr = 0x3000, CompatNrPages = 1, Flags = 4 });
        Refuses(ImageFailure.Damaged, new PagemapEntry { Vaddr = 0x2000, CompatNrPages = 2, Flags = 4 }, new PagemapEntry { Vaddr = 0x1000, CompatNrPages = 1, Flags = 4 });
    }

    [Fact]
    public void Runs_AskedTwice_Throws()
    {
        using ImageDirectoryReader directory = WriteEntries(0);
        using PagemapReader reader = PagemapReader.Open(directory, Name);
        Assert.Empty(reader.Runs());
        Assert.Throws<InvalidOperationException>(reader.Runs);
    }

    private static IEnumerable<(ulong, PagemapFlags, long)> Pages(PagemapRun run)
    {
        for (ulong i = 0; i < run.Pages; i++)
            yield return (run.Address + i * PageSize, run.Flags, run.Flags == PagemapFlags.Present ? run.FileOffset + (long)(i * PageSize) : -1);
    }

    private IReadOnlyList<PagemapRun> RoundTrip(ulong present, Action<PagemapWriter> write) => RoundTrip(_temporary, () => present, write);

    private static List<PagemapRun> RoundTrip(TemporaryDirectory temporary, Func<ulong> present, Action<PagemapWriter> write)
    {
        using (var directory = ImageDirectoryWriter.Create(temporary.Images, overwrite: false))
        {
            using (var writer = new PagemapWriter(directory, Name, pagesId: 1))
            {
                write(writer);
                writer.Complete();
            }
            using (var pages = new FileStream(directory.CreateRawHandle("pages-1.img"), FileAccess.Write))
                pages.SetLength((long)(present() * PageSize));
            directory.Write("inventory.img", ImageMagic.Inventory, new InventoryEntry { ImgVersion = 2 });
            directory.Commit();
        }
        using var input = ImageDirectoryReader.Open(temporary.Images);
        using PagemapReader reader = PagemapReader.Open(input, Name);
        Assert.Equal("pages-1.img", reader.PagesName);
        return [.. reader.Runs()];
    }

    private ImageDirectoryReader WriteEntries(ulong present, params PagemapEntry[] entries)
    {
        using (var directory = ImageDirectoryWriter.Create(_temporary.Images, overwrite: true))
        {
            directory.Write(Name, ImageMagic.Pagemap, [new PagemapHead { PagesId = 1 }, .. entries.Cast<IMessage>()]);
            using (var pages = new FileStream(directory.CreateRawHandle("pages-1.img"), FileAccess.Write))
                pages.SetLength((long)(present * PageSize));
            directory.Write("inventory.img", ImageMagic.Inventory, new InventoryEntry { ImgVersion = 2 });
            directory.Commit();
        }
        return ImageDirectoryReader.Open(_temporary.Images);
    }

    private List<PagemapRun> ReadEntries(ulong present, params PagemapEntry[] entries)
    {
        using ImageDirectoryReader input = WriteEntries(present, entries);
        using PagemapReader reader = PagemapReader.Open(input, Name);
        return [.. reader.Runs()];
    }

    private void Refuses(ImageFailure kind, params PagemapEntry[] entries)
    {
        ImageException error = Assert.Throws<ImageException>(() => ReadEntries(3, entries));
        Assert.Equal(kind, error.Kind);
        Assert.EndsWith(Name, error.File, StringComparison.Ordinal);
        Assert.NotNull(error.Offset);
    }
}
