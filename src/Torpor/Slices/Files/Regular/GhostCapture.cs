using Torpor.Images;
using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Model;
using static Torpor.Linux.Uapi.Fcntl;

namespace Torpor.Slices.Files.Regular;

/// <summary>Regular files that have no name any more and live on only because they are open: their content goes into the images.</summary>
internal static class GhostCapture
{
    private const int BlockSize = 1 << 20;

    public static void Inspect(FileInspection inspection, OpenDescription description)
    {
        if (!inspection.TryOwner(description, out SignalOwner owner))
            return;
        if (!TryOpenAgain(inspection, description))
            return;
        FileStatus status = description.Status;
        SharedObject item = SharedObjects.Of(inspection.Tree).Register(SharedObjectKind.GhostFile, status.Device, status.Inode);
        inspection.Add(description, RegularImage.ToEntry(new RegularState(description.Path, (uint)description.Flags,
            (ulong)description.Info.Position, owner, status.Mode, (ulong)status.Size)));
        inspection.Images.Remaps.Add(new RemapFilePathEntry { OrigId = description.Id, RemapId = item.Id, RemapType = RemapType.Ghost });
        if (item.FileId != 0)
            return;
        item.FileId = description.Id;
        item.Size = (ulong)status.Size;
        item.Captured = true;
        inspection.Tree.State.GetOrAdd<Ghosts>().Items.Add((item, description));
    }

    /// <summary>The content is read through a description of our own: to look for holes moves the position, which belongs to the target.</summary>
    private static bool TryOpenAgain(FileInspection inspection, OpenDescription description)
    {
        using Fd duplicate = inspection.Duplicate(description);
        if (FileCalls.TryOpen($"/proc/self/fd/{duplicate.Value}", O_RDONLY, out Fd? own, out Errno errno))
        {
            own.Dispose();
            return true;
        }
        inspection.Refuse(description, $"is a deleted file whose content can't be read ({errno})", "give its owner the permission to read it");
        return false;
    }

    public static void Write(CaptureTree tree)
    {
        foreach ((SharedObject item, OpenDescription description) in tree.State.GetOrAdd<Ghosts>().Items)
        {
            using Fd duplicate = description.Duplicate();
            using Fd own = FileCalls.Open($"/proc/self/fd/{duplicate.Value}", O_RDONLY);
            FileStatus status = description.Status;
            using var writer = new GhostFileWriter(tree.Output, item.Id, new GhostFileEntry
            {
                Uid = status.Uid,
                Gid = status.Gid,
                Mode = status.Mode,
                Dev = (uint)status.Device.ToStat(),
                Ino = status.Inode,
                Mtim = new Timeval { TvSec = (ulong)status.ModificationTime.Seconds, TvUsec = status.ModificationTime.Nanoseconds / 1000 },
                Atim = new Timeval { TvSec = (ulong)status.ModificationTime.Seconds, TvUsec = status.ModificationTime.Nanoseconds / 1000 },
                Chunks = true,
                Size = (ulong)status.Size,
            });
            WriteData(own, writer, status.Size);
            writer.Complete();
        }
    }

    private static void WriteData(Fd file, GhostFileWriter writer, long size)
    {
        byte[] block = new byte[BlockSize];
        for (long at = 0; at < size && FileCalls.TrySeekData(file, at, out at);)
        {
            long end = FileCalls.SeekHole(file, at);
            while (at < end)
            {
                int length = FileCalls.ReadAt(file, block.AsSpan(0, (int)Math.Min(block.Length, end - at)), at);
                if (length == 0)
                    return;
                writer.WriteChunk(at, block.AsSpan(0, length));
                at += length;
            }
        }
    }

    private sealed class Ghosts
    {
        public List<(SharedObject Item, OpenDescription Description)> Items { get; } = [];
    }
}
