using Torpor.Images;
using Torpor.Linux;
using Torpor.Linux.ProcFs;
using Torpor.Linux.Uapi;
using Torpor.Model;
using Torpor.Slices.Memory;
using Torpor.Tracing;
using Xunit;

namespace Torpor.Tests.Slices.Memory;

/// <summary>The capture of pages, on this process itself: no engine is needed to look at it.</summary>
public sealed class CaptureOfOwnMemoryTests : IDisposable
{
    private const int Page = 4096;
    private const int Pages = 16;

    private readonly string _directory = Path.Combine(Path.GetTempPath(), $"torpor-capture-{Guid.NewGuid():n}");
    private readonly nint _memory = MappingCalls.Map(0, Pages * Page, ProtectionFlags.PROT_READ | ProtectionFlags.PROT_WRITE, Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS);
    private readonly RemoteMemory _remote = new(new Pid(Environment.ProcessId));

    private ulong Start => (ulong)_memory;

    public void Dispose()
    {
        MappingCalls.Unmap(_memory, Pages * Page);
        _remote.Dispose();
        if (Directory.Exists(_directory))
            Directory.Delete(_directory, recursive: true);
    }

    private MappingState State => new() { Start = Start, End = Start + (Pages * Page), Kind = MappingKind.AnonymousPrivate };

    private void Write(int page, byte value) => _remote.Write(new RemoteAddress(Start + ((ulong)page * Page)), [value]);

    private AddressRange Range(int start, int end) => new(Start + (ulong)(start * Page), Start + (ulong)(end * Page));

    [Fact]
    public void Scan_SomePagesWritten_FindsThoseOnly()
    {
        Write(2, 1);
        Write(3, 1);
        Write(9, 1);

        MappingPages pages = PageRuns.Distribute(PageRuns.Scan(ProcTask.Self, [State]), [State])[0];

        Assert.Equal([Range(2, 4), Range(9, 10)], pages.Own);
    }

    [Fact]
    public void Scan_PageOnlyRead_IsNotOfItsOwn()
    {
        byte[] one = new byte[1];
        _remote.Read(new RemoteAddress(Start + Page), one);

        Assert.Empty(PageRuns.Distribute(PageRuns.Scan(ProcTask.Self, [State]), [State])[0].Own);
    }

    [Fact]
    public void Copy_ZeroAndProtectedPages_StoresTheOthersBytes()
    {
        for (int page = 0; page < Pages; page++)
            Write(page, (byte)(page is 4 or 5 ? 0 : page + 1));
        MappingCalls.Protect(_memory + (8 * Page), 2 * Page, ProtectionFlags.PROT_NONE);
        using ImageDirectoryWriter output = ImageDirectoryWriter.Create(_directory, overwrite: false);
        CaptureTree tree = Tree(output);

        using (var writer = new PageWriter(tree, "pagemap-1.img", 1))
        {
            writer.Copy(new PageSource(_remote, mayShare: false), [Range(0, 7), Range(8, Pages)], keepZero: false);
            writer.Finish();
        }
        output.Write(ImageName.Inventory, ImageMagic.Inventory, new Images.Messages.inventory_entry { ImgVersion = 1 });
        output.Commit();

        byte[] stored = File.ReadAllBytes(Path.Combine(_directory, "pages-1.img"));
        Assert.Equal([1, 2, 3, 4, 7, 9, 10, 11, 12, 13, 14, 15, 16], Enumerable.Range(0, stored.Length / Page).Select(i => (int)stored[i * Page]));
        using ImageDirectoryReader input = ImageDirectoryReader.Open(_directory);
        using PagemapReader pagemap = PagemapReader.Open(input, "pagemap-1.img");
        Assert.Equal([Range(0, 4), Range(6, 7), Range(8, Pages)], pagemap.Runs().Select(r => new AddressRange(r.Address, r.Address + (r.Pages * Page))));
        Assert.Equal(15, tree.State.GetOrAdd<CaptureFigures>().PagesScanned);
        Assert.Equal(13, tree.State.GetOrAdd<CaptureFigures>().PagesWritten);
    }

    [Fact]
    public void CopyFile_SparseFile_StoresDataOnly()
    {
        using ImageDirectoryWriter output = ImageDirectoryWriter.Create(_directory, overwrite: false);
        using Fd file = FileCalls.MemfdCreate("sparse");
        FileCalls.Truncate(file, 1L << 41);
        FileCalls.WriteAt(file, [7], (1L << 40) + 5);
        FileCalls.WriteAt(file, [8], (1L << 41) - 1);

        using var writer = new PageWriter(Tree(output), "pagemap-shmem-1.img", 2);
        ulong size = writer.CopyFile(file);
        writer.Finish();
        output.Write(ImageName.Inventory, ImageMagic.Inventory, new Images.Messages.inventory_entry { ImgVersion = 1 });
        output.Commit();

        Assert.Equal(1UL << 41, size);
        using ImageDirectoryReader input = ImageDirectoryReader.Open(_directory);
        using PagemapReader pagemap = PagemapReader.Open(input, "pagemap-shmem-1.img");
        Assert.Equal([1UL << 40, (1UL << 41) - Page], pagemap.Runs().Select(r => r.Address));
    }

    private CaptureTree Tree(ImageDirectoryWriter output) => new() { Options = new CheckpointOptions { Pid = 1, Directory = _directory }, Output = output };
}
