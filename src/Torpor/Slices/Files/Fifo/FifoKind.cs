using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Model;
using Torpor.Slices.Files.Pipe;
using Torpor.Slices.Files.Regular;
using static Torpor.Linux.Uapi.Fcntl;

namespace Torpor.Slices.Files.Fifo;

/// <summary>Named pipes with both ends inside the process.</summary>
internal sealed class FifoKind : IFileKind
{
    public FdTypes? Restores => FdTypes.Fifo;

    public bool Recognizes(OpenDescription description) => description.Status.IsFifo;

    public void Inspect(FileInspection inspection, IReadOnlyList<OpenDescription> descriptions)
    {
        foreach (var fifo in descriptions.GroupBy(d => (d.Status.Device, d.Status.Inode)))
            InspectFifo(inspection, [.. fifo]);
    }

    private static void InspectFifo(FileInspection inspection, List<OpenDescription> ends)
    {
        OpenDescription? reader = ends.Find(d => d.CanRead);
        if (reader is null || !ends.Exists(d => d.CanWrite))
        {
            inspection.Refuse(ends[0], "is a FIFO with only one end in the process: who has the other would lose it",
                "let the process close it, or open both ends (O_RDWR), as daemons do");
            return;
        }
        if (TargetPath.WhyNotReachable(ends[0].Process.Proc, ends[0].Path, ends[0].Status) is { } why)
        {
            inspection.Refuse(ends[0], why, "put the FIFO back where it was, or let the process close it");
            return;
        }
        uint pipeId = (uint)ends[0].Status.Inode;
        using Fd duplicate = inspection.Duplicate(reader);
        if (PipeData.Capture(duplicate, pipeId, ends.Exists(d => (d.Flags & O_DIRECT) != 0)) is not { } content)
        {
            inspection.Refuse(reader, "holds data that can't be copied", "let the process read it");
            return;
        }
        if (content.Data.Length > 0 || content.Capacity is not null)
            inspection.Images.FifoData.Add(PipeImage.ToData(content));
        foreach (OpenDescription end in ends)
        {
            if (!inspection.TryOwner(end, out SignalOwner owner))
                continue;
            inspection.Add(end, FifoImage.ToEntry(new FifoState(pipeId, inspection.AddPath(end, owner))));
        }
    }

    public void Compile(FileRestore restore, IReadOnlyList<RestoredDescription> descriptions)
    {
        var states = descriptions.Select(d => (Description: d, State: FifoImage.FromEntry(d.Entry)));
        foreach (var fifo in states.GroupBy(item => item.State.PipeId))
            CompileFifo(restore, fifo.Key, [.. fifo.Select(item => (item.Description, File(restore, item.State)))]);
    }

    private static RegularState File(FileRestore restore, FifoState state) =>
        restore.Images.Files.TryGetValue(state.FileId, out FileEntry? entry)
            ? RegularImage.FromEntry(entry)
            : throw FileRestore.Damaged($"a FIFO names file id {state.FileId} as its path, which files.img does not have");

    private static void CompileFifo(FileRestore restore, uint pipeId, List<(RestoredDescription Description, RegularState File)> ends)
    {
        string path = ends[0].File.Path;
        NamedFiles.Check(restore.Tree, ends[0].File, ends[0].Description.Label);
        PipeContent content = PipeImage.FromData(restore.Images.FifoData, pipeId);
        // Opened for both, a FIFO never waits for a partner, and neither do the other opens after that.
        int both = restore.Table.Open(restore.Program, $"open {path} for both directions", SyscallNumber.openat,
            AT_FDCWD, restore.Program.Text(path), O_RDWR | O_CLOEXEC | (content.Packets.Count > 0 ? O_DIRECT : 0), 0);
        PipeData.Compile(restore, content, both, path);
        var opened = new List<(int Opened, RestoredDescription? Description)> { (both, null) };
        foreach ((RestoredDescription description, RegularState file) in ends)
        {
            int fd = restore.Table.Open(restore.Program, $"open {path} ({description})", SyscallNumber.openat,
                AT_FDCWD, restore.Program.Text(path), file.OpenFlags | O_CLOEXEC, 0);
            opened.Add((fd, description));
        }
        restore.Place(opened);
        foreach ((RestoredDescription description, RegularState file) in ends)
            file.Owner.Compile(restore, description);
    }
}
