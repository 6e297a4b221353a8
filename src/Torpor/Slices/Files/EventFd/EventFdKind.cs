using Torpor.Linux;
using Torpor.Linux.ProcFs;
using static Torpor.Linux.Uapi.Fcntl;

namespace Torpor.Slices.Files.EventFd;

/// <summary>eventfd(2) descriptors.</summary>
internal sealed class EventFdKind : IFileKind
{
    public FdTypes? Restores => FdTypes.Eventfd;

    public bool Recognizes(OpenDescription description) => description.Link == "anon_inode:[eventfd]";

    public void Inspect(FileInspection inspection, IReadOnlyList<OpenDescription> descriptions)
    {
        foreach (OpenDescription description in descriptions)
        {
            if (!inspection.TryOwner(description, out SignalOwner owner))
                continue;
            if (description.Info.EventFd is not { } info)
            {
                inspection.Refuse(description, "does not tell its counter in /proc", "a kernel built with CONFIG_PROC_FS shows it");
                continue;
            }
            var state = new EventFdState((uint)description.Flags, owner, info.Count, info.Semaphore ?? false);
            inspection.Add(description, EventFdImage.ToEntry(state));
        }
    }

    public void Compile(FileRestore restore, IReadOnlyList<RestoredDescription> descriptions)
    {
        foreach (RestoredDescription description in descriptions)
        {
            EventFdState state = EventFdImage.FromEntry(description.Entry);
            uint flags = (state.Flags & O_NONBLOCK) | O_CLOEXEC | (state.Semaphore ? 1u : 0);
            // eventfd2 takes 32 bits; a larger counter gets the rest by a write.
            uint initial = (uint)Math.Min(state.Count, uint.MaxValue);
            int fd = restore.Table.Open(restore.Program, $"create eventfd ({description})", SyscallNumber.eventfd2, initial, flags);
            if (state.Count > initial)
            {
                restore.Program.Call($"set the counter of eventfd ({description})", SyscallNumber.write, fd,
                    restore.Program.Data(BitConverter.GetBytes(state.Count - initial)), 8);
            }
            state.Owner.Compile(restore, description);
            restore.Place(fd, description);
        }
    }
}
