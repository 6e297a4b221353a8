using Google.Protobuf;
using Torpor.Images;
using Torpor.Images.Messages;

namespace Torpor.Model;

/// <summary>The messages of a checkpoint to their files and back: names and framing are CRIU's.</summary>
internal static class ProcessImagesFiles
{
    private const uint ImagesVersion = 2;
    private const uint FilesId = 1;

    public static void Save(ProcessImages images, ImageDirectoryWriter output)
    {
        uint pid = images.Process.Pid;
        output.Write("pstree.img", ImageMagic.PsTree, images.Process);
        foreach ((uint tid, CoreEntry core) in images.Cores)
            output.Write($"core-{tid}.img", ImageMagic.Core, core);
        output.Write($"mm-{pid}.img", ImageMagic.Mm, images.Mm);
        output.Write($"fs-{pid}.img", ImageMagic.Fs, images.Fs);
        output.Write($"ids-{pid}.img", ImageMagic.Ids, images.Ids);
        output.Write($"fdinfo-{images.Ids.FilesId}.img", ImageMagic.FdInfo, images.Descriptors);
        output.Write("files.img", ImageMagic.Files, images.Files.Values);
        if (images.PipeData.Count > 0)
            output.WriteWithPayload("pipes-data.img", ImageMagic.PipesData, images.PipeData.Select(p => ((IMessage)p.Entry, (ReadOnlyMemory<byte>)p.Data)));
        if (images.FifoData.Count > 0)
            output.WriteWithPayload(ImageName.FifoData, ImageMagic.FifoData, images.FifoData.Select(p => ((IMessage)p.Entry, (ReadOnlyMemory<byte>)p.Data)));
        if (images.Terminals.Count > 0)
            output.Write(ImageName.TtyInfo, ImageMagic.TtyInfo, images.Terminals);
        if (images.SocketPackets.Count > 0)
            output.WriteWithPayload("sk-queues.img", ImageMagic.SkQueues, images.SocketPackets.Select(p => ((IMessage)p.Entry, (ReadOnlyMemory<byte>)p.Data)));
        if (images.MemfdInodes.Count > 0)
            output.Write("memfd.img", ImageMagic.MemFdInode, images.MemfdInodes);
        if (images.Remaps.Count > 0)
            output.Write("remap-fpath.img", ImageMagic.RemapFilePath, images.Remaps);
        if (images.TimeNamespace is { } clocks)
            output.Write("timens-0.img", ImageMagic.TimeNs, clocks);
        output.Write("inventory.img", ImageMagic.Inventory, images.Inventory);
    }

    public static ProcessImages Load(ImageDirectoryReader input)
    {
        var images = new ProcessImages { Inventory = input.ReadSingle("inventory.img", ImageMagic.Inventory, InventoryEntry.Parser) };
        if (images.Inventory.ImgVersion is 0 or > ImagesVersion)
            throw new TorporException(FailureKind.ImageForeign, $"inventory.img is of version {images.Inventory.ImgVersion}, and only versions up to {ImagesVersion} are known", "restore with the tool that wrote the images");
        IReadOnlyList<PstreeEntry> tree = input.Read("pstree.img", ImageMagic.PsTree, PstreeEntry.Parser);
        if (tree.Count != 1)
            throw new TorporException(FailureKind.Refused, $"the images hold {tree.Count} processes, and only single processes are supported yet");
        images.Process = tree[0];
        uint pid = images.Process.Pid;
        foreach (uint tid in images.Process.Threads.Append(pid).Distinct())
            images.Cores[tid] = input.ReadSingle($"core-{tid}.img", ImageMagic.Core, CoreEntry.Parser);
        images.Mm = input.ReadSingle($"mm-{pid}.img", ImageMagic.Mm, MmEntry.Parser);
        images.Fs = input.ReadSingle($"fs-{pid}.img", ImageMagic.Fs, FsEntry.Parser);
        images.Ids = input.ReadSingle($"ids-{pid}.img", ImageMagic.Ids, TaskKobjIdsEntry.Parser);
        images.Descriptors.AddRange(input.Read($"fdinfo-{images.Ids.FilesId}.img", ImageMagic.FdInfo, FdinfoEntry.Parser));
        foreach (FileEntry file in input.Read("files.img", ImageMagic.Files, FileEntry.Parser))
        {
            if (!images.Files.TryAdd(file.Id, file))
                throw new TorporException(FailureKind.ImageDamaged, $"files.img names file id {file.Id} twice");
        }
        LoadOptional(input, images);
        return images;
    }

    /// <summary>The version and the ids that every image directory has.</summary>
    public static void Describe(ProcessImages images, ulong uptimeMicroseconds)
    {
        images.Ids = new TaskKobjIdsEntry { VmId = 1, FilesId = FilesId, FsId = 1, SighandId = 1, PidNsId = 1, NetNsId = 1, IpcNsId = 1, UtsNsId = 1, MntNsId = 1, UserNsId = 1, CgroupNsId = 1, TimeNsId = 1 };
        images.Inventory = new InventoryEntry { ImgVersion = ImagesVersion, FdinfoPerId = true, NsPerId = true, RootIds = images.Ids.Clone(), Lsmtype = Lsmtype.NoLsm, DumpUptime = uptimeMicroseconds };
    }

    private static void LoadOptional(ImageDirectoryReader input, ProcessImages images)
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
        if (input.Exists("sk-queues.img"))
        {
            foreach ((SkPacketEntry entry, byte[] data) in input.ReadWithPayload("sk-queues.img", ImageMagic.SkQueues, SkPacketEntry.Parser, e => e.Length))
                images.SocketPackets.Add((entry, data));
        }
        if (input.Exists("memfd.img"))
            images.MemfdInodes.AddRange(input.Read("memfd.img", ImageMagic.MemFdInode, MemfdInodeEntry.Parser));
        if (input.Exists("remap-fpath.img"))
            images.Remaps.AddRange(input.Read("remap-fpath.img", ImageMagic.RemapFilePath, RemapFilePathEntry.Parser));
        if (input.Exists("timens-0.img"))
            images.TimeNamespace = input.ReadSingle("timens-0.img", ImageMagic.TimeNs, TimensEntry.Parser);
    }
}
