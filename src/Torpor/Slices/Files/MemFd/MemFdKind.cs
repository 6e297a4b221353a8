using Torpor.Linux;
using Torpor.Linux.Uapi;
using Torpor.Model;
using Torpor.Tracing;
using static Torpor.Linux.Uapi.Fcntl;

namespace Torpor.Slices.Files.MemFd;

/// <summary>
/// Memory files that a descriptor holds. Their content is the memory slice's work, for mappings may share it: it finds the
/// object registered here.
/// </summary>
internal sealed class MemFdKind : IFileKind
{
    private const string Prefix = "/memfd:";

    public FdTypes? Restores => FdTypes.Memfd;

    public bool Recognizes(OpenDescription description) =>
        description.Status.IsRegular && description.Status.LinkCount == 0 && description.IsDeleted
        && description.Link.StartsWith(Prefix, StringComparison.Ordinal);

    public void Inspect(FileInspection inspection, IReadOnlyList<OpenDescription> descriptions)
    {
        foreach (var file in descriptions.GroupBy(d => (d.Status.Device, d.Status.Inode)))
            InspectFile(inspection, [.. file]);
    }

    private static void InspectFile(FileInspection inspection, List<OpenDescription> descriptions)
    {
        OpenDescription first = descriptions[0];
        using Fd duplicate = inspection.Duplicate(first);
        if (FileCalls.FileSystemType(duplicate) != FileSystemMagic.TMPFS_MAGIC)
        {
            inspection.Refuse(first, "is a memfd on huge pages", "let the process use a memfd without MFD_HUGETLB");
            return;
        }
        // A description of our own: to look for holes moves the position, which belongs to the target.
        if (!FileCalls.TryOpen($"/proc/self/fd/{duplicate.Value}", O_RDONLY, out Fd? own, out Errno errno))
        {
            inspection.Refuse(first, $"is a memfd whose content can't be read ({errno})", "give its owner the permission to read it");
            return;
        }
        SharedObject item = SharedObjects.Of(inspection.Tree).Register(SharedObjectKind.Memfd, first.Status.Device, first.Status.Inode);
        item.Size = (ulong)first.Status.Size;
        item.Descriptor = own;
        inspection.Images.MemfdInodes.Add(new MemfdInodeEntry
        {
            InodeId = item.Id,
            Shmid = item.Id,
            Name = first.Path[Prefix.Length..],
            Size = item.Size,
            Uid = first.Status.Uid,
            Gid = first.Status.Gid,
            Mode = first.Status.Mode,
            Seals = (uint)FileCalls.GetSeals(duplicate),
        });
        foreach (OpenDescription description in descriptions)
        {
            if (!inspection.TryOwner(description, out SignalOwner owner))
                continue;
            inspection.Add(description, MemFdImage.ToEntry(new MemFdState(item.Id, (uint)description.Flags, (ulong)description.Info.Position, owner)));
            item.FileId = item.FileId == 0 ? description.Id : item.FileId;
        }
    }

    public void Compile(FileRestore restore, IReadOnlyList<RestoredDescription> descriptions)
    {
        var states = descriptions.Select(d => (Description: d, State: MemFdImage.FromEntry(d.Entry)));
        foreach (var file in states.GroupBy(item => item.State.InodeId))
        {
            MemfdInodeEntry inode = restore.Images.MemfdInodes.Find(inode => inode.InodeId == file.Key)
                ?? throw FileRestore.Damaged($"a memfd description names inode {file.Key}, which memfd.img does not have");
            CompileFile(restore, inode, [.. file]);
        }
    }

    private static void CompileFile(FileRestore restore, MemfdInodeEntry inode, List<(RestoredDescription Description, MemFdState State)> descriptions)
    {
        int made = RestoredObjects.CreateMemfd(restore.Tree, inode);
        restore.Program.Call($"close memfd {inode.Name} on exec", SyscallNumber.fcntl, made, F_SETFD, FD_CLOEXEC);
        // The call gives a description for both directions; the first such one is it, and others are opened beside it.
        int original = descriptions.FindIndex(item => (item.State.Flags & O_ACCMODE) == O_RDWR);
        var opened = new List<(int Opened, RestoredDescription? Description)> { (made, original < 0 ? null : descriptions[original].Description) };
        for (int i = 0; i < descriptions.Count; i++)
        {
            if (i == original)
                continue;
            (RestoredDescription description, MemFdState state) = descriptions[i];
            int again = restore.Reopen(made, (int)state.Flags & (O_ACCMODE | FileRestore.SettableFlags | O_LARGEFILE), description.Label);
            opened.Add((again, description));
        }
        restore.Place(opened);
        for (int i = 0; i < descriptions.Count; i++)
        {
            (RestoredDescription description, MemFdState state) = descriptions[i];
            restore.SetFlags(description.First, state.Flags, i == original ? 0 : state.Flags, description.Label);
            if (state.Position != 0)
            {
                restore.Program.Call($"seek to {state.Position} in memfd {inode.Name} ({description})", Expectation.Exactly(state.Position),
                    SyscallNumber.lseek, description.First, state.Position, SEEK_SET);
            }
            state.Owner.Compile(restore, description);
        }
        RestoredObjects.Of(restore.Tree).Keep(SharedObjectKind.Memfd, inode.InodeId, descriptions[0].Description.First);
    }
}
