using System.Text;
using Google.Protobuf;

namespace Torpor.Images.Tests;

public sealed class GhostFileTests : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Open_Chunks_LeadToTheirBytes()
    {
        var entry = new GhostFileEntry { Uid = 1, Gid = 2, Mode = 0x81a4, Chunks = true, Size = 1000 };
        using ImageDirectoryReader reader = Write(directory =>
        {
            using var writer = new GhostFileWriter(directory, remapId: 26, entry);
            writer.WriteChunk(10, "first"u8);
            writer.WriteChunk(993, "seventh"u8);
            writer.Complete();
        });
        GhostFileReader ghost = GhostFileReader.Open(reader, remapId: 26);
        Assert.Equal(entry, ghost.Entry);
        Assert.Equal([(10, "first"), (993, "seventh")], ghost.Chunks.Select(chunk => (chunk.Offset, BytesOf(ghost, chunk))));
        Assert.Equal(["inventory.img"], reader.Unread());
        Assert.True(reader.Exists("ghost-file-1a.img"));
    }

    [Fact]
    public void Open_DataToTheEnd_IsOneChunk()
    {
        var entry = new GhostFileEntry { Uid = 1, Gid = 2, Mode = 0x81a4 };
        using ImageDirectoryReader reader = Write(directory => directory.WriteWithPayload("ghost-file-1.img", ImageMagic.GhostFile, [(entry, "whole"u8.ToArray())]));
        GhostFileReader ghost = GhostFileReader.Open(reader, remapId: 1);
        Assert.Equal([(0, "whole")], ghost.Chunks.Select(chunk => (chunk.Offset, BytesOf(ghost, chunk))));
    }

    [Fact]
    public void Open_NoData_HasNoChunks()
    {
        var entry = new GhostFileEntry { Uid = 1, Gid = 2, Mode = 0x11a4 };
        using ImageDirectoryReader reader = Write(directory =>
        {
            using var writer = new GhostFileWriter(directory, remapId: 1, entry);
            Assert.Throws<InvalidOperationException>(() => writer.WriteChunk(0, [1]));
            writer.Complete();
        });
        Assert.Empty(GhostFileReader.Open(reader, remapId: 1).Chunks);
    }

    [Theory]
    [InlineData(98UL, 3UL, "beyond the end")]
    [InlineData(101UL, 0UL, "beyond the end")]
    [InlineData(ulong.MaxValue, 1UL, "beyond the end")]
    [InlineData(0UL, ulong.MaxValue, "beyond the end")]
    [InlineData(0UL, 4UL, "cut short")]
    public void Open_ChunkThatLies_IsDamaged(ulong offset, ulong length, string words)
    {
        var entry = new GhostFileEntry { Uid = 1, Gid = 2, Mode = 0x81a4, Chunks = true, Size = 100 };
        using ImageDirectoryReader reader = Write(directory => directory.WriteWithPayload("ghost-file-1.img", ImageMagic.GhostFile,
            [(entry, default), (new GhostChunkEntry { Off = offset, Len = length }, "abc"u8.ToArray())]));
        ImageException error = Assert.Throws<ImageException>(() => GhostFileReader.Open(reader, remapId: 1));
        Assert.Equal(ImageFailure.Damaged, error.Kind);
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
    }

    private static string BytesOf(GhostFileReader ghost, GhostChunk chunk)
    {
        byte[] bytes = new byte[chunk.Length];
        Assert.Equal(bytes.Length, RandomAccess.Read(ghost.Image, bytes, chunk.ImageOffset));
        return Encoding.UTF8.GetString(bytes);
    }

    private ImageDirectoryReader Write(Action<ImageDirectoryWriter> write)
    {
        using var directory = ImageDirectoryWriter.Create(_temporary.Images, overwrite: false);
        write(directory);
        directory.Write("inventory.img", ImageMagic.Inventory, new InventoryEntry { ImgVersion = 2 });
        directory.Commit();
        ImageDirectoryReader reader = ImageDirectoryReader.Open(_temporary.Images);
        return reader;
    }
}
