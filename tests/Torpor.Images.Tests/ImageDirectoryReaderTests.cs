using System.Diagnostics;
using Google.Protobuf;

namespace Torpor.Images.Tests;

public sealed class ImageDirectoryReaderTests : IDisposable
{
    private static readonly InventoryEntry Inventory = new() { ImgVersion = 2 };

    private readonly TemporaryDirectory _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Read_WhatWasWritten_IsTheSame()
    {
        FdinfoEntry[] descriptors = [.. Enumerable.Range(0, 1000).Select(fd => new FdinfoEntry { Id = (uint)fd, Fd = (uint)fd, Flags = 0, Type = FdTypes.Reg })];
        using ImageDirectoryReader reader = Write(writer => writer.Write("fdinfo-2.img", ImageMagic.FdInfo, descriptors));
        Assert.Equal(descriptors, reader.Read("fdinfo-2.img", ImageMagic.FdInfo, FdinfoEntry.Parser));
    }

    [Fact]
    public void Read_NoEntries_IsEmpty()
    {
        using ImageDirectoryReader reader = Write(writer => writer.Write("fdinfo-2.img", ImageMagic.FdInfo, []));
        Assert.Empty(reader.Read("fdinfo-2.img", ImageMagic.FdInfo, FdinfoEntry.Parser));
    }

    [Fact]
    public void ReadWithPayload_WhatWasWritten_IsTheSame()
    {
        (IMessage, ReadOnlyMemory<byte>)[] written =
        [
            (new PipeDataEntry { PipeId = 1, Bytes = 5 }, "hello"u8.ToArray()),
            (new PipeDataEntry { PipeId = 2, Bytes = 0 }, default),
            (new PipeDataEntry { PipeId = 3, Bytes = 70_000 }, new byte[70_000]),
        ];
        using ImageDirectoryReader reader = Write(writer => writer.WriteWithPayload("pipes-data.img", ImageMagic.PipesData, written));
        IReadOnlyList<(PipeDataEntry Entry, byte[] Payload)> read = reader.ReadWithPayload("pipes-data.img", ImageMagic.PipesData, PipeDataEntry.Parser, entry => entry.Bytes);
        Assert.Equal(written.Select(pair => pair.Item1), read.Select(pair => pair.Entry));
        Assert.Equal([5, 0, 70_000], read.Select(pair => pair.Payload.Length));
        Assert.Equal("hello"u8, read[0].Payload);
    }

    [Fact]
    public void Read_FieldsOfTheFuture_SurviveRewriting()
    {
        byte[] future = [8, 2, 0xfa, 0x3f, 2, 1, 2];
        InventoryEntry read = InventoryEntry.Parser.ParseFrom(future);
        using ImageDirectoryReader reader = Write(writer => writer.Write("core-1.img", ImageMagic.Core, read));
        Assert.Equal(future, File.ReadAllBytes(_temporary.FileOf("core-1.img"))[12..]);
    }

    [Fact]
    public void Unread_SomeRead_ListsTheOthers()
    {
        using ImageDirectoryReader reader = Write(writer =>
        {
            writer.Write("stats-dump", ImageMagic.Stats, new StatsEntry());
            writer.Write("ids-1.img", ImageMagic.Ids, SampleMessages.Full<TaskKobjIdsEntry>());
            writer.Write("mm-1.img", ImageMagic.Mm, SampleMessages.Full<MmEntry>());
            writer.CreateRaw("pages-1.img").Write([1]);
        });
        Assert.Equal(["ids-1.img", "inventory.img", "mm-1.img", "pages-1.img"], reader.Unread());
        reader.ReadSingle("inventory.img", ImageMagic.Inventory, InventoryEntry.Parser);
        reader.OpenRaw("pages-1.img");
        Assert.True(reader.Exists("mm-1.img"));
        Assert.Equal(["ids-1.img", "mm-1.img"], reader.Unread());
    }

    [Fact]
    public void OpenRaw_EmptyFile_HasNothingToRead()
    {
        using ImageDirectoryReader reader = Write(writer => writer.CreateRaw("pages-1.img"));
        Assert.Equal(0, reader.RawLength("pages-1.img"));
        Assert.Equal(0, RandomAccess.Read(reader.OpenRaw("pages-1.img"), new byte[1], 0));
    }

    [Fact]
    public async Task Read_PipeInPlaceOfImage_DoesNotBlock()
    {
        using ImageDirectoryReader reader = Write();
        string path = _temporary.FileOf("mm-1.img");
        await Process.Start("mkfifo", path).WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(File.Exists(path));
        File.CreateSymbolicLink(_temporary.FileOf("core-1.img"), path);
        foreach (string name in new[] { "mm-1.img", "core-1.img" })
        {
            Task<ImageException> read = Task.Run(() => Assert.Throws<ImageException>(() => reader.ReadSingle(name, ImageMagic.Mm, MmEntry.Parser)), TestContext.Current.CancellationToken);
            Assert.Equal(ImageFailure.Damaged, (await read.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken)).Kind);
        }
        await Task.Run(() => reader.OpenRaw("mm-1.img"), TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Read_LinkToImage_IsFollowed()
    {
        using ImageDirectoryReader reader = Write();
        File.CreateSymbolicLink(_temporary.FileOf("core-1.img"), "inventory.img");
        Assert.Equal(Inventory, reader.ReadSingle("core-1.img", ImageMagic.Inventory, InventoryEntry.Parser));
    }

    [Fact]
    public void Read_MissingFile_IsMissing()
    {
        using ImageDirectoryReader reader = Write();
        Refuses(ImageFailure.Missing, null, "the file is missing", () => reader.ReadSingle("mm-1.img", ImageMagic.Mm, MmEntry.Parser));
        File.CreateSymbolicLink(_temporary.FileOf("mm-1.img"), "nowhere");
        Refuses(ImageFailure.Missing, null, "the file is missing", () => reader.ReadSingle("mm-1.img", ImageMagic.Mm, MmEntry.Parser));
    }

    [Fact]
    public void Read_UnreadableFile_IsMissing()
    {
        Assert.SkipWhen(Environment.IsPrivilegedProcess, "root may read any file");
        using ImageDirectoryReader reader = Write();
        File.SetUnixFileMode(_temporary.FileOf("inventory.img"), UnixFileMode.None);
        Refuses(ImageFailure.Missing, null, "can't be opened", () => reader.ReadSingle("inventory.img", ImageMagic.Inventory, InventoryEntry.Parser));
    }

    [Fact]
    public void Read_DirectoryInPlaceOfImage_IsForeign()
    {
        using ImageDirectoryReader reader = Write();
        Directory.CreateDirectory(_temporary.FileOf("mm-1.img"));
        Refuses(ImageFailure.Foreign, null, "a directory", () => reader.ReadSingle("mm-1.img", ImageMagic.Mm, MmEntry.Parser));
    }

    [Fact]
    public void Open_NoDirectoryOrNoInventory_IsMissing()
    {
        Refuses(ImageFailure.Missing, null, "no such directory", () => ImageDirectoryReader.Open(_temporary.Images));
        Directory.CreateDirectory(_temporary.Images);
        Refuses(ImageFailure.Missing, null, "there is no inventory.img", () => ImageDirectoryReader.Open(_temporary.Images));
        Refuses(ImageFailure.Missing, null, "is not a directory", () => ImageDirectoryReader.Open("/dev/null"));
        Refuses(ImageFailure.Missing, null, "no directory's name", () => ImageDirectoryReader.Open(""));
    }

    [Theory]
    [InlineData("", ImageFailure.Damaged, null)]
    [InlineData("19", ImageFailure.Damaged, 0L)]
    [InlineData("19435654", ImageFailure.Damaged, 4L)]
    [InlineData("7f454c46" + "02010100", ImageFailure.Foreign, 0L)]
    [InlineData("19435654" + "47380555", ImageFailure.Foreign, 4L)]
    [InlineData("20284957" + "00000000", ImageFailure.Foreign, 0L)]
    [InlineData("19435654" + "20284957", ImageFailure.Damaged, 8L)]
    [InlineData("19435654" + "20284957" + "0000", ImageFailure.Damaged, 8L)]
    [InlineData("19435654" + "20284957" + "05000000" + "0801", ImageFailure.Damaged, 8L)]
    [InlineData("19435654" + "20284957" + "ffffffff" + "0801", ImageFailure.Damaged, 8L)]
    [InlineData("19435654" + "20284957" + "02000000" + "0fff", ImageFailure.Damaged, 8L)]
    [InlineData("19435654" + "20284957" + "02000000" + "0801", ImageFailure.Damaged, 8L)]
    public void ReadSingle_WrongBytes_SaysWhere(string hex, ImageFailure kind, long? offset)
    {
        using ImageDirectoryReader reader = Write();
        File.WriteAllBytes(_temporary.FileOf("mm-1.img"), Convert.FromHexString(hex));
        Refuses(kind, offset, "mm-1.img", () => reader.ReadSingle("mm-1.img", ImageMagic.Mm, MmEntry.Parser));
    }

    [Fact]
    public void ReadSingle_InventoryWithCommonMagic_IsAccepted()
    {
        using ImageDirectoryReader reader = Write();
        File.WriteAllBytes(_temporary.FileOf("inventory.img"), Convert.FromHexString("19435654" + "16313158" + "02000000" + "0802"));
        Assert.Equal(2u, reader.ReadSingle("inventory.img", ImageMagic.Inventory, InventoryEntry.Parser).ImgVersion);
    }

    [Fact]
    public void ReadSingle_TwoEntries_IsDamaged()
    {
        using ImageDirectoryReader reader = Write(writer => writer.Write("ids-1.img", ImageMagic.Ids, [SampleMessages.Full<TaskKobjIdsEntry>(), SampleMessages.Full<TaskKobjIdsEntry>()]));
        Refuses(ImageFailure.Damaged, 12 + SampleMessages.Full<TaskKobjIdsEntry>().CalculateSize(), "follow the only entry", () => reader.ReadSingle("ids-1.img", ImageMagic.Ids, TaskKobjIdsEntry.Parser));
    }

    [Fact]
    public void Read_LengthAboveLimit_AllocatesNothing()
    {
        using ImageDirectoryReader reader = Write();
        using (FileStream file = File.Create(_temporary.FileOf("mm-1.img")))
        {
            file.Write(Convert.FromHexString("19435654" + "20284957" + "00000070"));
            file.SetLength(2L << 30);
        }
        long before = GC.GetTotalAllocatedBytes(precise: true);
        Refuses(ImageFailure.Damaged, 8, "longer than the limit", () => reader.ReadSingle("mm-1.img", ImageMagic.Mm, MmEntry.Parser));
        Assert.True(GC.GetTotalAllocatedBytes(precise: true) - before < 10 << 20);
        Refuses(ImageFailure.Damaged, null, "more than the limit", () => reader.Read("mm-1.img", ImageMagic.Mm, MmEntry.Parser));
    }

    [Fact]
    public void Read_TooManyEntries_IsDamaged()
    {
        using ImageDirectoryReader reader = Write();
        using (FileStream file = File.Create(_temporary.FileOf("stats.img")))
        {
            file.Write(Convert.FromHexString("40591055" + "06330957"));
            // Every entry has no bytes, and stats_entry needs none.
            file.SetLength(8 + (ImageLimits.EntryCount + 1) * 4L);
        }
        Refuses(ImageFailure.Damaged, 8 + (ImageLimits.EntryCount + 1) * 4L, "more than 1048576 entries", () => reader.Read("stats.img", ImageMagic.Stats, StatsEntry.Parser));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(long.MaxValue)]
    [InlineData(-1)]
    public void ReadWithPayload_LyingLength_IsDamaged(long length)
    {
        using ImageDirectoryReader reader = Write(writer => writer.WriteWithPayload("pipes-data.img", ImageMagic.PipesData, [(new PipeDataEntry { PipeId = 1, Bytes = 3 }, new byte[3])]));
        Refuses(ImageFailure.Damaged, 16, "cut short", () => reader.ReadWithPayload("pipes-data.img", ImageMagic.PipesData, PipeDataEntry.Parser, _ => length));
    }

    private static void Refuses(ImageFailure kind, long? offset, string words, Func<object> action)
    {
        ImageException error = Assert.Throws<ImageException>(action);
        Assert.Equal(kind, error.Kind);
        Assert.Equal(offset, error.Offset);
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
    }

    private ImageDirectoryReader Write(Action<ImageDirectoryWriter>? more = null)
    {
        using var writer = ImageDirectoryWriter.Create(_temporary.Images, overwrite: false);
        writer.Write("inventory.img", ImageMagic.Inventory, Inventory);
        more?.Invoke(writer);
        writer.Commit();
        return ImageDirectoryReader.Open(_temporary.Images);
    }
}
