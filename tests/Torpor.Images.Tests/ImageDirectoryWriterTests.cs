using System.Buffers.Binary;
using Google.Protobuf;

namespace Torpor.Images.Tests;

public sealed class ImageDirectoryWriterTests : IDisposable
{
    private static readonly InventoryEntry Inventory = new() { ImgVersion = 2 };
    private static readonly PstreeEntry Process = new() { Pid = 7, Ppid = 1, Pgid = 7, Sid = 7, Threads = { 7, 8 } };

    private readonly TemporaryDirectory _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Write_Inventory_HasOneMagicNumber()
    {
        WriteWhole();
        byte[] bytes = File.ReadAllBytes(_temporary.FileOf("inventory.img"));
        Assert.Equal(0x58313116u, BinaryPrimitives.ReadUInt32LittleEndian(bytes));
        Assert.Equal((uint)Inventory.CalculateSize(), BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(4)));
        Assert.Equal(Inventory, InventoryEntry.Parser.ParseFrom(bytes.AsSpan(8)));
    }

    [Fact]
    public void Write_OtherKinds_HaveTwoMagicNumbers()
    {
        WriteWhole(writer => writer.Write("stats-dump", ImageMagic.Stats, new StatsEntry()));
        Assert.Equal(0x54564319u, BinaryPrimitives.ReadUInt32LittleEndian(File.ReadAllBytes(_temporary.FileOf("pstree.img"))));
        Assert.Equal(0x50273030u, BinaryPrimitives.ReadUInt32LittleEndian(File.ReadAllBytes(_temporary.FileOf("pstree.img")).AsSpan(4)));
        Assert.Equal(0x55105940u, BinaryPrimitives.ReadUInt32LittleEndian(File.ReadAllBytes(_temporary.FileOf("stats-dump"))));
    }

    [Fact]
    public void Write_MissingRequiredField_Throws()
    {
        using var writer = ImageDirectoryWriter.Create(_temporary.Images, overwrite: false);
        Exception error = Assert.Throws<InvalidOperationException>(() => writer.Write("pstree.img", ImageMagic.PsTree, new PstreeEntry { Pid = 1 }));
        Assert.Contains("field 2 of pstree_entry", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_SameNameTwice_Throws()
    {
        using var writer = ImageDirectoryWriter.Create(_temporary.Images, overwrite: false);
        writer.Write("inventory.img", ImageMagic.Inventory, Inventory);
        Assert.Throws<InvalidOperationException>(() => writer.Write("inventory.img", ImageMagic.Inventory, Inventory));
    }

    [Theory]
    [InlineData("../escape.img")]
    [InlineData("")]
    [InlineData(".hidden.img")]
    [InlineData("a\0.img")]
    public void Write_NameThatIsNone_Throws(string name)
    {
        using var writer = ImageDirectoryWriter.Create(_temporary.Images, overwrite: false);
        Assert.Throws<ArgumentException>(() => writer.Write(name, ImageMagic.Inventory, Inventory));
    }

    [Fact]
    public void Commit_Always_LeavesPrivateFilesAndNothingElse()
    {
        WriteWhole(writer =>
        {
            using (Stream raw = writer.CreateRaw("pages-1.img"))
                raw.Write(new byte[4096]);
            RandomAccess.Write(writer.CreateRawHandle("pages-2.img"), [1, 2, 3], fileOffset: 5);
        });
        Assert.Equal(["inventory.img", "pages-1.img", "pages-2.img", "pstree.img"], NamesIn(_temporary.Images));
        Assert.Equal(new byte[] { 0, 0, 0, 0, 0, 1, 2, 3 }, File.ReadAllBytes(_temporary.FileOf("pages-2.img")));
        const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        Assert.Equal(Private | UnixFileMode.UserExecute, File.GetUnixFileMode(_temporary.Images));
        Assert.All(Directory.GetFiles(_temporary.Images), path => Assert.Equal(Private, File.GetUnixFileMode(path)));
    }

    [Fact]
    public void Commit_BeforeIt_NoFileHasItsName()
    {
        using var writer = ImageDirectoryWriter.Create(_temporary.Images, overwrite: false);
        writer.Write("inventory.img", ImageMagic.Inventory, Inventory);
        Assert.All(NamesIn(_temporary.Images), name => Assert.Matches(@"^\..*\.tmp$", name));
        ImageException error = Assert.Throws<ImageException>(() => ImageDirectoryReader.Open(_temporary.Images));
        Assert.Equal(ImageFailure.Missing, error.Kind);
    }

    [Fact]
    public void Dispose_WithoutCommit_RemovesWhatItMade()
    {
        using (var writer = ImageDirectoryWriter.Create(_temporary.Images, overwrite: false))
        {
            writer.Write("inventory.img", ImageMagic.Inventory, Inventory);
            writer.CreateRaw("pages-1.img").Write([1]);
            writer.CreateRawHandle("pages-2.img");
        }
        Assert.False(Directory.Exists(_temporary.Images));
    }

    [Fact]
    public void Dispose_WithoutCommitInExistingDirectory_LeavesIt()
    {
        Directory.CreateDirectory(_temporary.Images);
        using (var writer = ImageDirectoryWriter.Create(_temporary.Images, overwrite: false))
            writer.Write("inventory.img", ImageMagic.Inventory, Inventory);
        Assert.Empty(NamesIn(_temporary.Images));
    }

    [Fact]
    public void Dispose_AfterCommitFailedHalfWay_LeavesNothingWhole()
    {
        using (var writer = ImageDirectoryWriter.Create(_temporary.Images, overwrite: false))
        {
            writer.Write("pstree.img", ImageMagic.PsTree, Process);
            writer.Write("inventory.img", ImageMagic.Inventory, Inventory);
            // A directory in the place of the last file: the first rename works, the second does not.
            Directory.CreateDirectory(_temporary.FileOf("inventory.img"));
            Assert.Equal(ImageFailure.WriteFailed, Assert.Throws<ImageException>(writer.Commit).Kind);
        }
        Assert.Empty(Directory.GetFiles(_temporary.Images));
    }

    [Fact]
    public void Create_DirectoryNotEmpty_Refuses()
    {
        Directory.CreateDirectory(_temporary.Images);
        File.WriteAllText(_temporary.FileOf("letter.txt"), "dear");
        ImageException error = Assert.Throws<ImageException>(() => ImageDirectoryWriter.Create(_temporary.Images, overwrite: false));
        Assert.Equal(ImageFailure.DirectoryUnusable, error.Kind);
        Assert.Equal(["letter.txt"], NamesIn(_temporary.Images));
    }

    [Fact]
    public void Create_NoParent_Refuses()
    {
        ImageException error = Assert.Throws<ImageException>(() => ImageDirectoryWriter.Create(Path.Combine(_temporary.Images, "below"), overwrite: false));
        Assert.Equal(ImageFailure.DirectoryUnusable, error.Kind);
        Assert.False(Directory.Exists(_temporary.Images));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/dev/null")]
    public void Create_NoDirectory_Refuses(string path) =>
        Assert.Equal(ImageFailure.DirectoryUnusable, Assert.Throws<ImageException>(() => ImageDirectoryWriter.Create(path, overwrite: true)).Kind);

    [Fact]
    public void Create_UnwritableDirectory_Refuses()
    {
        Assert.SkipWhen(Environment.IsPrivilegedProcess, "root may write to any directory");
        Directory.CreateDirectory(_temporary.Images);
        File.SetUnixFileMode(_temporary.Images, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Assert.Equal(ImageFailure.DirectoryUnusable, Assert.Throws<ImageException>(() => ImageDirectoryWriter.Create(_temporary.Images, overwrite: true)).Kind);
        File.SetUnixFileMode(_temporary.Images, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    [Fact]
    public void Overwrite_EarlierImages_ReplacesThemAtCommitOnly()
    {
        WriteWhole(writer => writer.Write("core-9.img", ImageMagic.Core, SampleMessages.Full<CoreEntry>()));
        File.WriteAllText(_temporary.FileOf("dump.log"), "log");
        File.WriteAllText(_temporary.FileOf(".core-5.img.0badcafe.tmp"), "left by a killed checkpoint");
        using (var writer = ImageDirectoryWriter.Create(_temporary.Images, overwrite: true))
            writer.Write("inventory.img", ImageMagic.Inventory, new InventoryEntry { ImgVersion = 3 });
        Assert.Contains("core-9.img", NamesIn(_temporary.Images));
        using (var writer = ImageDirectoryWriter.Create(_temporary.Images, overwrite: true))
        {
            writer.Write("inventory.img", ImageMagic.Inventory, new InventoryEntry { ImgVersion = 3 });
            writer.Commit();
        }
        Assert.Equal(["dump.log", "inventory.img"], NamesIn(_temporary.Images));
        using var reader = ImageDirectoryReader.Open(_temporary.Images);
        Assert.Equal(3u, reader.ReadSingle("inventory.img", ImageMagic.Inventory, InventoryEntry.Parser).ImgVersion);
    }

    [Fact]
    public void Overwrite_LinkInPlaceOfImage_IsReplacedNotFollowed()
    {
        string outside = Path.Combine(_temporary.Root, "outside");
        File.WriteAllText(outside, "precious");
        Directory.CreateDirectory(_temporary.Images);
        File.CreateSymbolicLink(_temporary.FileOf("inventory.img"), outside);
        using (var writer = ImageDirectoryWriter.Create(_temporary.Images, overwrite: true))
        {
            writer.Write("inventory.img", ImageMagic.Inventory, Inventory);
            writer.Commit();
        }
        Assert.Equal("precious", File.ReadAllText(outside));
        Assert.Null(new FileInfo(_temporary.FileOf("inventory.img")).LinkTarget);
    }

    [Fact]
    public void RawStream_DiskFull_ThrowsWriteFailed()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "there is no /dev/full");
        using var full = new ImageOutputStream("pages-1.img", new FileStream("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0));
        ImageException error = Assert.Throws<ImageException>(() => full.Write(new byte[4096]));
        Assert.Equal(ImageFailure.WriteFailed, error.Kind);
        Assert.Equal("pages-1.img: can't be written: No space left on device", error.Message);
    }

    [Fact]
    public void RawStream_DiskFullAtFlushAndDispose_ThrowsWriteFailed()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "there is no /dev/full");
        var full = new ImageOutputStream("pages-1.img", new FileStream("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 1 << 16));
        full.Write([1]);
        Assert.Equal(ImageFailure.WriteFailed, Assert.Throws<ImageException>(full.Flush).Kind);
        Assert.Equal(ImageFailure.WriteFailed, Assert.Throws<ImageException>(full.Dispose).Kind);
    }

    [Fact]
    public void SingleImage_FileThere_IsReplaced()
    {
        string path = Path.Combine(_temporary.Root, "stats-dump");
        File.WriteAllText(path, "old");
        SingleImage.Write(path, ImageMagic.Stats, new StatsEntry { Restore = SampleMessages.Full<RestoreStatsEntry>() });
        Assert.Equal(["stats-dump"], NamesIn(_temporary.Root));
        Assert.Equal(0x55105940u, BinaryPrimitives.ReadUInt32LittleEndian(File.ReadAllBytes(path)));
        Assert.Equal(ImageFailure.WriteFailed, Assert.Throws<ImageException>(() => SingleImage.Write("/nowhere/stats-dump", ImageMagic.Stats, new StatsEntry())).Kind);
    }

    private void WriteWhole(Action<ImageDirectoryWriter>? more = null)
    {
        using var writer = ImageDirectoryWriter.Create(_temporary.Images, overwrite: false);
        writer.Write("pstree.img", ImageMagic.PsTree, Process);
        more?.Invoke(writer);
        writer.Write("inventory.img", ImageMagic.Inventory, Inventory);
        writer.Commit();
    }

    private static string[] NamesIn(string directory) =>
        [.. Directory.GetFileSystemEntries(directory).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];
}
