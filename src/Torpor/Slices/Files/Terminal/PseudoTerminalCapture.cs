using Torpor.Linux;
using Torpor.Linux.ProcFs;
using Torpor.Model;
using static Torpor.Linux.Uapi.Ioctls;
using static Torpor.Linux.Uapi.Poll;

namespace Torpor.Slices.Files.Terminal;

/// <summary>Reads pseudo-terminals whose master is in the tree, see pty(7): the master tells everything about its slave.</summary>
internal sealed class PseudoTerminalCapture
{
    private readonly FileInspection _inspection;
    private readonly Dictionary<uint, OpenDescription> _masters = [];
    private readonly List<(OpenDescription Description, uint Index)> _slaves = [];
    private readonly HashSet<OpenDescription> _own = [];

    public PseudoTerminalCapture(FileInspection inspection, IReadOnlyList<OpenDescription> descriptions)
    {
        _inspection = inspection;
        foreach (OpenDescription description in descriptions)
        {
            if (description.Status.RDevice is { Major: 5, Minor: 2 } && uint.TryParse(description.Info.Field("tty-index"), out uint index))
                _masters[index] = description;
        }
        foreach (OpenDescription description in descriptions)
        {
            if (IndexOf(description) is { } index && _masters.ContainsKey(index))
                _slaves.Add((description, index));
        }
    }

    public bool Has(OpenDescription description) => _own.Contains(description);

    /// <summary>Which pseudo-terminal's slave it is; /dev/tty stands for the process's controlling terminal.</summary>
    private static uint? IndexOf(OpenDescription description)
    {
        DeviceId device = description.Status.RDevice is { Major: 5, Minor: 0 }
            ? DeviceId.FromStat((uint)description.Process.Proc.Stat().TtyNr)
            : description.Status.RDevice;
        return device.Major is >= 136 and <= 143 ? ((device.Major - 136) << 8) + device.Minor : null;
    }

    public void Run()
    {
        foreach ((uint index, OpenDescription master) in _masters.OrderBy(item => item.Key))
        {
            List<OpenDescription> slaves = [.. _slaves.Where(item => item.Index == index).Select(item => item.Description)];
            _own.Add(master);
            _own.UnionWith(slaves);
            if (!IsEmpty(master, slaves))
                continue;
            TtyInfoEntry info = Describe(master, slaves, index, isMaster: true);
            Add(master, info);
            if (slaves.Count == 0)
                continue;
            TtyInfoEntry slaveInfo = Describe(slaves[0], slaves, index, isMaster: false);
            foreach (OpenDescription slave in slaves)
                Add(slave, slaveInfo);
        }
    }

    /// <summary>What is queued can't be looked at without taking it out.</summary>
    private bool IsEmpty(OpenDescription master, List<OpenDescription> slaves)
    {
        foreach (OpenDescription end in slaves.Take(1).Append(master))
        {
            using Fd duplicate = _inspection.Duplicate(end);
            int queued = FileCalls.BytesReadable(duplicate);
            if (queued == 0)
                continue;
            _inspection.Refuse(end, $"holds {queued} bytes that were not read yet", "try again once the process has read them");
            return false;
        }
        return true;
    }

    private TtyInfoEntry Describe(OpenDescription end, List<OpenDescription> slaves, uint index, bool isMaster)
    {
        using Fd duplicate = _inspection.Duplicate(end);
        using Fd master = _inspection.Duplicate(_masters[index]);
        TtyInfoEntry info = TerminalImage.ToInfo((uint)_inspection.Images.Terminals.Count + 1, end.Status, 0,
            TerminalKind.Ask(duplicate, TCGETS, TerminalKind.TermiosSize), TerminalKind.Ask(duplicate, TIOCGWINSZ, TerminalKind.WindowSize));
        info.Type = TtyType.Pty;
        info.Pty = new TtyPtyEntry { Index = index };
        info.TorporOwn = true;
        info.Locked = Number(master, TIOCGPTLCK) != 0;
        info.PacketMode = Number(master, TIOCGPKT) != 0;
        info.Exclusive = Number(duplicate, TIOCGEXCL) != 0;
        info.Sid = Inner(Number(master, TIOCGSID), stat => stat.Session, status => status.NSsid);
        info.Pgrp = Inner(Number(master, TIOCGPGRP), stat => stat.Pgrp, status => status.NSpgid);
        if (isMaster)
        {
            info.TorporMaster = true;
            info.TorporHungUp = slaves.Count == 0 && (FileCalls.Poll(master, 0) & POLLHUP) != 0;
        }
        if (FileCalls.TryStatus($"{end.Process.Proc.PathOf("root")}/dev/pts/{index}", out FileStatus? slave, out _))
        {
            info.TorporMode = slave.Mode & 0xfff;
            info.Uid = slave.Uid;
            info.Gid = slave.Gid;
        }
        _inspection.Images.Terminals.Add(info);
        return info;
    }

    /// <summary>Zero where the terminal has none: an answer of the kernel's in numbers of our own pid namespace is a positive one.</summary>
    private static int Number(Fd terminal, uint request) =>
        TerminalKind.Ask(terminal, request, sizeof(int)) is { } answer ? Math.Max(0, BitConverter.ToInt32(answer)) : 0;

    /// <summary>A session or group as its members see it; zero when none of them is in the tree.</summary>
    private uint Inner(int id, Func<ProcStat, int> outer, Func<ProcStatus, IReadOnlyList<int>> inner)
    {
        if (id == 0)
            return 0;
        foreach (CaptureContext process in _inspection.Tree.Processes)
        {
            if (outer(process.Proc.Stat()) == id)
                return inner(process.Proc.Status()) is { Count: > 0 } ids ? (uint)Math.Max(0, ids[^1]) : (uint)id;
        }
        return 0;
    }

    private void Add(OpenDescription description, TtyInfoEntry info)
    {
        if (!_inspection.TryOwner(description, out SignalOwner owner))
            return;
        _inspection.Add(description, TerminalImage.ToEntry(new TerminalState(info.Id, (uint)description.Flags, owner, _inspection.AddPath(description, owner))));
    }
}
