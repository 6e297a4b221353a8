using Torpor.Linux;
using static Torpor.Linux.Uapi.Fcntl;

namespace Torpor.Slices.Files.SignalFd;

/// <summary>signalfd(2) descriptors.</summary>
internal sealed class SignalFdKind : IFileKind
{
    public FdTypes? Restores => FdTypes.Signalfd;

    public bool Recognizes(OpenDescription description) => description.Link == "anon_inode:[signalfd]";

    public void Inspect(FileInspection inspection, IReadOnlyList<OpenDescription> descriptions)
    {
        foreach (OpenDescription description in descriptions)
        {
            if (!inspection.TryOwner(description, out SignalOwner owner))
                continue;
            if (description.Info.SignalFd is not { } info)
            {
                inspection.Refuse(description, "does not tell its signals in /proc");
                continue;
            }
            inspection.Add(description, SignalFdImage.ToEntry(new SignalFdState((uint)description.Flags, owner, info.Mask)));
        }
    }

    public void Compile(FileRestore restore, IReadOnlyList<RestoredDescription> descriptions)
    {
        foreach (RestoredDescription description in descriptions)
        {
            SignalFdState state = SignalFdImage.FromEntry(description.Entry);
            int fd = restore.Table.Open(restore.Program, $"create signalfd ({description})", SyscallNumber.signalfd4,
                -1, restore.Program.Data(BitConverter.GetBytes(state.Mask)), 8, (state.Flags & O_NONBLOCK) | O_CLOEXEC);
            state.Owner.Compile(restore, description);
            restore.Place(fd, description);
        }
    }
}
