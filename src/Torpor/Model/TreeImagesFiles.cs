using Google.Protobuf;
using Torpor.Images;
using Torpor.Images.Messages;

namespace Torpor.Model;

/// <summary>The messages of a checkpoint to their files and back: names and framing are CRIU's.</summary>
internal static class TreeImagesFiles
{
    /// <summary>CRIU's, since it keeps descriptor tables by id.</summary>
    public const uint ImagesVersion = 2;

    public static void Save(TreeImages images, ImageDirectoryWriter output)
    {
        output.Write("pstree.img", ImageMagic.PsTree, images.Processes.Select(process => process.Process));
        foreach (ProcessImages process in images.Processes)
            SaveProcess(process, output);
        foreach (IGrouping<uint, ProcessImages> table in images.Processes.Where(process => !process.IsDead).GroupBy(process => process.Ids.FilesId))
            output.Write($"fdinfo-{table.Key}.img", ImageMagic.FdInfo, table.First().Descriptors);
        output.Write("files.img", ImageMagic.Files, images.Files.Values);
        if (images.PipeData.Count > 0)
            output.WriteWithPayload("pipes-data.img", ImageMagic.PipesData, images.PipeData.Select(p => ((IMessage)p.Entry, (ReadOnlyMemory<byte>)p.Data)));
        if (images.FifoData.Count > 0)
            output.WriteWithPayload(ImageName.FifoData, ImageMagic.FifoData, images.FifoData.Select(p => ((IMessage)p.Entry, (ReadOnlyMemory<byte>)p.Data)));
        if (images.Terminals.Count > 0)
            output.Write(ImageName.TtyInfo, ImageMagic.TtyInfo, images.Terminals);
        if (images.TerminalData.Count > 0)
            output.Write(ImageName.TtyData, ImageMagic.TtyData, images.TerminalData);
        if (images.SocketPackets.Count > 0)
            output.WriteWithPayload("sk-queues.img", ImageMagic.SkQueues, images.SocketPackets.Select(p => ((IMessage)p.Entry, (ReadOnlyMemory<byte>)p.Data)));
        foreach ((uint inode, TcpStream stream) in images.TcpStreams)
            output.WriteWithPayload(ImageName.TcpStream(inode), ImageMagic.TcpStream, [(stream.Entry, (byte[])[.. stream.Incoming, .. stream.Outgoing])]);
        if (images.MemfdInodes.Count > 0)
            output.Write("memfd.img", ImageMagic.MemFdInode, images.MemfdInodes);
        if (images.Remaps.Count > 0)
            output.Write("remap-fpath.img", ImageMagic.RemapFilePath, images.Remaps);
        if (images.FileLocks.Count > 0)
            output.Write(ImageName.FileLocks, ImageMagic.FileLocks, images.FileLocks);
        if (images.SeccompFilters.Count > 0)
        {
            var filters = new SeccompEntry();
            filters.SeccompFilters.AddRange(images.SeccompFilters);
            output.Write(ImageName.Seccomp, ImageMagic.Seccomp, filters);
        }
        if (images.TimeNamespace is { } clocks)
            output.Write("timens-0.img", ImageMagic.TimeNs, clocks);
        output.Write("inventory.img", ImageMagic.Inventory, images.Inventory);
    }

    private static void SaveProcess(ProcessImages process, ImageDirectoryWriter output)
    {
        foreach ((uint tid, CoreEntry core) in process.Cores)
            output.Write($"core-{tid}.img", ImageMagic.Core, core);
        if (process.IsDead)
            return;
        output.Write($"mm-{process.Pid}.img", ImageMagic.Mm, process.Mm);
        output.Write($"fs-{process.Pid}.img", ImageMagic.Fs, process.Fs);
        output.Write($"ids-{process.Pid}.img", ImageMagic.Ids, process.Ids);
    }

    public static TreeImages Load(ImageDirectoryReader input)
    {
        var images = new TreeImages { Inventory = input.ReadSingle("inventory.img", ImageMagic.Inventory, InventoryEntry.Parser) };
        if (images.Inventory.ImgVersion is 0 or > ImagesVersion)
            throw new TorporException(FailureKind.ImageForeign, $"inventory.img is of version {images.Inventory.ImgVersion}, and only versions up to {ImagesVersion} are known", "restore with the tool that wrote the images");
        var tables = new Dictionary<uint, ProcessImages>();
        foreach (PstreeEntry entry in ParentsFirst(input.Read("pstree.img", ImageMagic.PsTree, PstreeEntry.Parser)))
            LoadProcess(input, new ProcessImages(images) { Process = entry }, tables);
        CheckIds(images);
        foreach (FileEntry file in input.Read("files.img", ImageMagic.Files, FileEntry.Parser))
        {
            if (!images.Files.TryAdd(file.Id, file))
                throw Damaged($"files.img names file id {file.Id} twice");
        }
        LoadOptional(input, images);
        LoadTcpStreams(input, images);
        return images;
    }

    /// <summary>The processes as a tree has them: one root, and each other one the child of one before it.</summary>
    private static List<PstreeEntry> ParentsFirst(IReadOnlyList<PstreeEntry> entries)
    {
        if (entries.Count == 0)
            throw Damaged("pstree.img holds no process");
        var pids = entries.Select(entry => entry.Pid).ToHashSet();
        if (pids.Count != entries.Count || pids.Contains(0))
            throw Damaged("pstree.img names a process twice, or process 0");
        ILookup<uint, PstreeEntry> children = entries.ToLookup(entry => entry.Ppid);
        List<PstreeEntry> roots = [.. entries.Where(entry => !pids.Contains(entry.Ppid))];
        if (roots.Count != 1)
            throw Damaged($"pstree.img holds {roots.Count} processes without a parent in it, and a tree has one");
        List<PstreeEntry> ordered = [roots[0]];
        for (int i = 0; i < ordered.Count; i++)
            ordered.AddRange(children[ordered[i].Pid]);
        if (ordered.Count != entries.Count)
            throw Damaged("pstree.img holds processes that are their own ancestors");
        return ordered;
    }

    private static void LoadProcess(ImageDirectoryReader input, ProcessImages process, Dictionary<uint, ProcessImages> tables)
    {
        uint pid = process.Pid;
        process.Cores[pid] = input.ReadSingle($"core-{pid}.img", ImageMagic.Core, CoreEntry.Parser);
        if (process.IsDead)
            return;
        foreach (uint tid in process.Process.Threads.Where(tid => tid != pid).Distinct())
            process.Cores[tid] = input.ReadSingle($"core-{tid}.img", ImageMagic.Core, CoreEntry.Parser);
        process.Mm = input.ReadSingle($"mm-{pid}.img", ImageMagic.Mm, MmEntry.Parser);
        process.Fs = input.ReadSingle($"fs-{pid}.img", ImageMagic.Fs, FsEntry.Parser);
        process.Ids = input.ReadSingle($"ids-{pid}.img", ImageMagic.Ids, TaskKobjIdsEntry.Parser);
        if (tables.TryGetValue(process.Ids.FilesId, out ProcessImages? sharing))
        {
            process.ShareDescriptors(sharing);
            return;
        }
        tables.Add(process.Ids.FilesId, process);
        process.Descriptors.AddRange(input.Read($"fdinfo-{process.Ids.FilesId}.img", ImageMagic.FdInfo, FdinfoEntry.Parser));
    }

    /// <summary>No two tasks have one id.</summary>
    private static void CheckIds(TreeImages images)
    {
        var tids = new HashSet<uint>();
        foreach (uint tid in images.Processes.SelectMany(process => process.Cores.Keys))
        {
            if (!tids.Add(tid))
                throw Damaged($"pstree.img has two tasks with the id {tid}");
        }
    }

    private static TorporException Damaged(string what) => new(FailureKind.ImageDamaged, what, "take the checkpoint again or fetch an undamaged copy");

    private static void LoadTcpStreams(ImageDirectoryReader input, TreeImages images)
    {
        foreach (uint inode in images.Files.Values.Where(file => file.Isk is not null).Select(file => file.Isk.Ino).Distinct())
        {
            string name = ImageName.TcpStream(inode);
            if (!input.Exists(name))
                continue;
            IReadOnlyList<(TcpStreamEntry Entry, byte[] Data)> streams = input.ReadWithPayload(name, ImageMagic.TcpStream, TcpStreamEntry.Parser, e => (long)e.InqLen + e.OutqLen);
            if (streams.Count != 1)
                throw Damaged($"{name} holds {streams.Count} connections, and a socket has one");
            (TcpStreamEntry entry, byte[] data) = streams[0];
            images.TcpStreams.Add(inode, new TcpStream(entry, data[..(int)entry.InqLen], data[(int)entry.InqLen..]));
        }
    }

    private static void LoadOptional(ImageDirectoryReader input, TreeImages images)
    {
        if (input.Exists("pipes-data.img"))
        {
            foreach ((PipeDataEntry entry, byte[] data) in input.ReadWithPayload("pipes-data.img", ImageMagic.PipesData, PipeDataEntry.Parser, e => e.Bytes))
                images.PipeData.Add((entry, data));
        }
        if (input.Exists(ImageName.FifoData))
        {
            foreach ((PipeDataEntry entry, byte[] data) in input.ReadWithPayload(ImageName.FifoData, ImageMagic.FifoData, PipeDataEntry.Parser, e => e.Bytes))
                images.FifoData.Add((entry, data));
        }
        if (input.Exists(ImageName.TtyInfo))
            images.Terminals.AddRange(input.Read(ImageName.TtyInfo, ImageMagic.TtyInfo, TtyInfoEntry.Parser));
        if (input.Exists(ImageName.TtyData))
            images.TerminalData.AddRange(input.Read(ImageName.TtyData, ImageMagic.TtyData, TtyDataEntry.Parser));
        if (input.Exists("sk-queues.img"))
        {
            foreach ((SkPacketEntry entry, byte[] data) in input.ReadWithPayload("sk-queues.img", ImageMagic.SkQueues, SkPacketEntry.Parser, e => e.Length))
                images.SocketPackets.Add((entry, data));
        }
        if (input.Exists("memfd.img"))
            images.MemfdInodes.AddRange(input.Read("memfd.img", ImageMagic.MemFdInode, MemfdInodeEntry.Parser));
        if (input.Exists("remap-fpath.img"))
            images.Remaps.AddRange(input.Read("remap-fpath.img", ImageMagic.RemapFilePath, RemapFilePathEntry.Parser));
        if (input.Exists(ImageName.FileLocks))
            images.FileLocks.AddRange(input.Read(ImageName.FileLocks, ImageMagic.FileLocks, FileLockEntry.Parser));
        if (input.Exists(ImageName.Seccomp))
            images.SeccompFilters.AddRange(input.ReadSingle(ImageName.Seccomp, ImageMagic.Seccomp, SeccompEntry.Parser).SeccompFilters);
        if (input.Exists("timens-0.img"))
            images.TimeNamespace = input.ReadSingle("timens-0.img", ImageMagic.TimeNs, TimensEntry.Parser);
    }
}
