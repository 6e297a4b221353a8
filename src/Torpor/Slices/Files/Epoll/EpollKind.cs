using System.Buffers.Binary;
using Torpor.Linux;
using Torpor.Linux.ProcFs;
using Torpor.Tracing;
using static Torpor.Linux.Uapi.Fcntl;

namespace Torpor.Slices.Files.Epoll;

/// <summary>epoll descriptors. A set holds files, not numbers: that the number still means the same file has to be proved.</summary>
internal sealed class EpollKind : IFileKind
{
    private const int EPOLL_CTL_ADD = 1;

    public FdTypes? Restores => FdTypes.Eventpoll;

    public bool Recognizes(OpenDescription description) => description.Link == "anon_inode:[eventpoll]";

    public bool NeedsTable => true;

    public void Inspect(FileInspection inspection, IReadOnlyList<OpenDescription> descriptions)
    {
        foreach (OpenDescription description in descriptions)
        {
            if (!inspection.TryOwner(description, out SignalOwner owner) || !TryTargets(inspection, description, out List<EpollTarget> targets))
                continue;
            inspection.Add(description, EpollImage.ToEntry(new EpollState((uint)description.Flags, owner, targets)));
        }
    }

    private static bool TryTargets(FileInspection inspection, OpenDescription epoll, out List<EpollTarget> targets)
    {
        targets = [];
        bool complete = true;
        var seen = new Dictionary<int, int>();
        foreach (EventPollInfo info in epoll.Info.EventPoll)
        {
            int index = seen.GetValueOrDefault(info.Fd.Value);
            seen[info.Fd.Value] = index + 1;
            if (!IsSameFile(inspection, epoll, info, index))
            {
                inspection.Refuse(epoll, $"watches a file that was registered as descriptor {info.Fd} and has another number now, or none",
                    "let the process remove closed descriptors from the set (EPOLL_CTL_DEL)");
                complete = false;
                continue;
            }
            targets.Add(new EpollTarget((uint)info.Fd.Value, info.Events, info.Data, info.Device?.ToKernel(), info.Inode, (ulong?)info.Position));
        }
        return complete;
    }

    private static bool IsSameFile(FileInspection inspection, OpenDescription epoll, EventPollInfo info, int index)
    {
        Tid task = epoll.Process.Pid.Leader;
        return inspection.ByNumber(epoll.Process, info.Fd.Value) is not null && KcmpCalls.IsEpollTarget(task, info.Fd, task, epoll.First, info.Fd, index);
    }

    public void Compile(FileRestore restore, IReadOnlyList<RestoredDescription> descriptions)
    {
        foreach (RestoredDescription description in descriptions)
        {
            EpollState state = EpollImage.FromEntry(description.Entry);
            int fd = restore.Table.Open(restore.Program, $"create epoll set ({description})", SyscallNumber.epoll_create1, O_CLOEXEC);
            restore.SetFlags(fd, state.Flags, 0, description.Label);
            state.Owner.Compile(restore, description);
            restore.Place(fd, description);
        }
    }

    public void Connect(FileConnection connection, IReadOnlyList<RestoredDescription> descriptions)
    {
        foreach (RestoredDescription description in descriptions)
        {
            foreach (EpollTarget target in EpollImage.FromEntry(description.Entry).Targets)
                Add(connection, description, target);
        }
    }

    private static void Add(FileConnection connection, RestoredDescription epoll, EpollTarget target)
    {
        if (target.Number > int.MaxValue || connection.ByNumber((int)target.Number) is not { } file)
            throw FileRestore.Damaged($"the epoll set at {epoll} watches descriptor {target.Number}, which the table does not have");
        // struct epoll_event is packed on x86-64: u32 events, u64 data.
        Span<byte> entry = stackalloc byte[12];
        BinaryPrimitives.WriteUInt32LittleEndian(entry, target.Events);
        BinaryPrimitives.WriteUInt64LittleEndian(entry[4..], target.Data);
        // What the restorer has in place of a terminal may be a regular file, which is always ready and can't be watched (EPERM).
        Expectation expect = file.IsRehomed ? Expectation.Any : Expectation.Success;
        connection.Program.Call($"watch descriptor {target.Number} by epoll set ({epoll})", expect, SyscallNumber.epoll_ctl,
            epoll.First, EPOLL_CTL_ADD, target.Number, connection.Program.Data(entry));
    }
}
