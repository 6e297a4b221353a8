using Torpor.Images;
using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Linux.ProcFs;
using Torpor.Model;
using static Torpor.Linux.Uapi.Fcntl;

namespace Torpor.Slices.Files.Regular;

/// <summary>
/// Regular files and directories that have no name any more and live on only because they are open: their content goes into
/// the images. A deleted directory is empty.
/// </summary>
internal static class GhostCapture
{
    private const int BlockSize = 1 << 20;

    public static void Inspect(FileInspection inspection, OpenDescription description)
    {
        if (!inspection.TryOwner(description, out SignalOwner owner))
            return;
        FileStatus status = description.Status;
        if (status.IsRegular && !TryOpenAgain(inspection, description))
            return;
        SharedObject item = SharedObjects.Of(inspection.Tree).Register(SharedObjectKind.GhostFile, status.Device, status.Inode);
        inspection.Add(description, RegularImage.ToEntry(new RegularState(description.Path, (uint)description.Flags,
            (ulong)description.Info.Position, owner, status.Mode, status.IsRegular ? (ulong)status.Size : null)));
        inspection.Images.Remaps.Add(new RemapFilePathEntry { OrigId = description.Id, RemapId = item.Id, RemapType = RemapType.Ghost });
        if (item.FileId != 0)
            return;
        item.FileId = description.Id;
        item.Size = (ulong)status.Size;
        item.Captured = true;
        inspection.Tree.State.GetOrAdd<Ghosts>().Items.Add((item, description));
    }

    /// <summary>A lease would be broken by our own open, and the process asked to give it up while it stands still.</summary>
    private static bool HasLease(OpenDescription description) => description.Info.Locks.Any(held => held.Kind == FileLockKind.Lease);

    /// <summary>The content is read through a description of our own: to look for holes moves the position, which belongs to the target.</summary>
    private static bool TryOpenAgain(FileInspection inspection, OpenDescription description)
    {
        if (HasLease(description))
        {
            inspection.Refuse(description, "is a deleted file with a lease, which reading it would break", "let the process give the lease up first");
            return false;
        }
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
            FileStatus status = description.Status;
            GhostFileEntry entry = Ghost.AttributesOf(status);
            entry.Chunks = status.IsRegular;
            if (status.IsRegular)
                entry.Size = (ulong)status.Size;
            using var writer = new GhostFileWriter(tree.Output, item.Id, entry);
            if (status.IsRegular)
            {
                using Fd duplicate = description.Duplicate();
                using Fd own = FileCalls.Open($"/proc/self/fd/{duplicate.Value}", O_RDONLY);
                WriteData(own, writer, status.Size);
            }
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
