using Google.Protobuf;

namespace Torpor.Images.Tests;

/// <summary>The files of a small checkpoint, and how each is read.</summary>
internal static class SampleCheckpoint
{
    public const uint Pid = 42;

    private static readonly byte[] Page = [.. Enumerable.Range(0, 4096).Select(i => (byte)i)];

    /// <summary>Each framed file with a reader that goes through all of it; the result is for comparing.</summary>
    public static IReadOnlyDictionary<string, Func<ImageDirectoryReader, IReadOnlyList<object>>> Readers { get; } =
        new Dictionary<string, Func<ImageDirectoryReader, IReadOnlyList<object>>>
        {
            ["inventory.img"] = reader => [reader.ReadSingle("inventory.img", ImageMagic.Inventory, InventoryEntry.Parser)],
            ["pstree.img"] = reader => reader.Read("pstree.img", ImageMagic.PsTree, PstreeEntry.Parser),
            ["core-42.img"] = reader => [reader.ReadSingle("core-42.img", ImageMagic.Core, CoreEntry.Parser)],
            ["mm-42.img"] = reader => [reader.ReadSingle("mm-42.img", ImageMagic.Mm, MmEntry.Parser)],
            ["ids-42.img"] = reader => [reader.ReadSingle("ids-42.img", ImageMagic.Ids, TaskKobjIdsEntry.Parser)],
            ["fs-42.img"] = reader => [reader.ReadSingle("fs-42.img", ImageMagic.Fs, FsEntry.Parser)],
            ["files.img"] = reader => reader.Read("files.img", ImageMagic.Files, FileEntry.Parser),
            ["fdinfo-2.img"] = reader => reader.Read("fdinfo-2.img", ImageMagic.FdInfo, FdinfoEntry.Parser),
            ["memfd.img"] = reader => reader.Read("memfd.img", ImageMagic.MemFdInode, MemfdInodeEntry.Parser),
            ["remap-fpath.img"] = reader => reader.Read("remap-fpath.img", ImageMagic.RemapFilePath, RemapFilePathEntry.Parser),
            ["timens-1.img"] = reader => [reader.ReadSingle("timens-1.img", ImageMagic.TimeNs, TimensEntry.Parser)],
            ["tty-info.img"] = reader => reader.Read("tty-info.img", ImageMagic.TtyInfo, TtyInfoEntry.Parser),
            ["stats-dump"] = reader => [reader.ReadSingle("stats-dump", ImageMagic.Stats, StatsEntry.Parser)],
            ["pipes-data.img"] = reader => Flat(reader.ReadWithPayload("pipes-data.img", ImageMagic.PipesData, PipeDataEntry.Parser, entry => entry.Bytes)),
            ["sk-queues.img"] = reader => Flat(reader.ReadWithPayload("sk-queues.img", ImageMagic.SkQueues, SkPacketEntry.Parser, entry => entry.Length)),
            ["pagemap-42.img"] = ReadPagemap,
            ["ghost-file-1.img"] = reader => ReadGhost(reader, 1),
            ["ghost-file-2.img"] = reader => ReadGhost(reader, 2),
        };

    public static void Write(ImageDirectoryWriter writer)
    {
        writer.Write("inventory.img", ImageMagic.Inventory, new InventoryEntry { ImgVersion = 2, FdinfoPerId = true, NsPerId = true, RootIds = SampleMessages.Full<TaskKobjIdsEntry>() });
        writer.Write("pstree.img", ImageMagic.PsTree, new PstreeEntry { Pid = Pid, Ppid = 0, Pgid = Pid, Sid = 1, Threads = { Pid, 43 } });
        var core = SampleMessages.Full<CoreEntry>();
        core.Mtype = CoreEntry.Types.march.X8664;
        core.Tc.Comm = "java";
        writer.Write("core-42.img", ImageMagic.Core, core);
        writer.Write("mm-42.img", ImageMagic.Mm, SampleMessages.Full<MmEntry>());
        writer.Write("ids-42.img", ImageMagic.Ids, SampleMessages.Full<TaskKobjIdsEntry>());
        writer.Write("fs-42.img", ImageMagic.Fs, SampleMessages.Full<FsEntry>());
        writer.Write("files.img", ImageMagic.Files, Files());
        writer.Write("fdinfo-2.img", ImageMagic.FdInfo, [new FdinfoEntry { Id = 1, Fd = 3, Flags = 1, Type = FdTypes.Reg }, new FdinfoEntry { Id = 2, Fd = 4, Flags = 0, Type = FdTypes.Eventfd }]);
        writer.Write("memfd.img", ImageMagic.MemFdInode, SampleMessages.Full<MemfdInodeEntry>());
        writer.Write("remap-fpath.img", ImageMagic.RemapFilePath, [new RemapFilePathEntry { OrigId = 1, RemapId = 1, RemapType = RemapType.Ghost }]);
        writer.Write("timens-1.img", ImageMagic.TimeNs, SampleMessages.Full<TimensEntry>());
        writer.Write("tty-info.img", ImageMagic.TtyInfo, SampleMessages.Full<TtyInfoEntry>());
        writer.Write("stats-dump", ImageMagic.Stats, SampleMessages.Full<StatsEntry>());
        writer.WriteWithPayload("pipes-data.img", ImageMagic.PipesData, [(new PipeDataEntry { PipeId = 5, Bytes = 5, Size = 65536 }, "water"u8.ToArray()), (new PipeDataEntry { PipeId = 6, Bytes = 0 }, default)]);
        writer.WriteWithPayload("sk-queues.img", ImageMagic.SkQueues, [(new SkPacketEntry { IdFor = 9, Length = 6 }, "packet"u8.ToArray())]);
        WriteBulk(writer);
    }

    private static FileEntry[] Files()
    {
        // Addresses are one word or four.
        var socket = SampleMessages.Full<InetSkEntry>();
        socket.SrcAddr.Clear();
        socket.SrcAddr.Add(0x0100007f);
        socket.DstAddr.AddRange([0u, 0u]);
        return
        [
            new() { Id = 1, Type = FdTypes.Reg, Reg = SampleMessages.Full<RegFileEntry>() },
            new() { Id = 2, Type = FdTypes.Eventfd, Efd = SampleMessages.Full<EventfdFileEntry>() },
            new() { Id = 3, Type = FdTypes.Pipe, Pipe = SampleMessages.Full<PipeEntry>() },
            new() { Id = 4, Type = FdTypes.Unixsk, Usk = SampleMessages.Full<UnixSkEntry>() },
            new() { Id = 5, Type = FdTypes.Inetsk, Isk = socket },
            new() { Id = 6, Type = FdTypes.Memfd, Memfd = SampleMessages.Full<MemfdFileEntry>() },
            new() { Id = 7, Type = FdTypes.Tty, Tty = SampleMessages.Full<TtyFileEntry>() },
            new() { Id = 8, Type = FdTypes.Timerfd, Tfd = SampleMessages.Full<TimerfdEntry>() },
            new() { Id = 9, Type = FdTypes.Signalfd, Sgfd = SampleMessages.Full<SignalfdEntry>() },
            new() { Id = 10, Type = FdTypes.Eventpoll, Epfd = SampleMessages.Full<EventpollFileEntry>() },
            new() { Id = 11, Type = FdTypes.Inotify, Ify = SampleMessages.Full<InotifyFileEntry>() },
        ];
    }

    private static void WriteBulk(ImageDirectoryWriter writer)
    {
        using (Stream pages = writer.CreateRaw("pages-1.img"))
        {
            for (int i = 0; i < 3; i++)
                pages.Write(Page);
        }
        using (var pagemap = new PagemapWriter(writer, ImageName.Pagemap(Pid), pagesId: 1))
        {
            pagemap.Add(0x400000, 1, PagemapFlags.Present);
            pagemap.Add(0x7f00_0000_0000, 2, PagemapFlags.Present | PagemapFlags.Lazy);
            pagemap.Complete();
        }
        using (var sparse = new GhostFileWriter(writer, remapId: 1, new GhostFileEntry { Uid = 1, Gid = 2, Mode = 0x81a4, Chunks = true, Size = 1 << 20 }))
        {
            sparse.WriteChunk(0, "begin"u8);
            sparse.WriteChunk((1 << 20) - 3, "end"u8);
            sparse.Complete();
        }
        using var fifo = new GhostFileWriter(writer, remapId: 2, new GhostFileEntry { Uid = 1, Gid = 2, Mode = 0x11a4 });
        fifo.Complete();
    }

    private static List<object> ReadPagemap(ImageDirectoryReader reader)
    {
        using PagemapReader pagemap = PagemapReader.Open(reader, ImageName.Pagemap(Pid));
        return [pagemap.PagesName, .. pagemap.Runs().Cast<object>()];
    }

    private static object[] ReadGhost(ImageDirectoryReader reader, uint id)
    {
        GhostFileReader ghost = GhostFileReader.Open(reader, id);
        return [ghost.Entry, .. ghost.Chunks.Cast<object>()];
    }

    private static object[] Flat<T>(IReadOnlyList<(T Entry, byte[] Payload)> entries) where T : class, IMessage<T> =>
        [.. entries.SelectMany(pair => new object[] { pair.Entry, ByteString.CopyFrom(pair.Payload) })];
}
