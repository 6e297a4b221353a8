using Google.Protobuf;
using Torpor.Linux;
using Torpor.Linux.ProcFs;
using Torpor.Model;
using static Torpor.Linux.Uapi.Fcntl;
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
    private readonly List<Pair> _pairs = [];

    private sealed record Pair(uint Index, OpenDescription Master, OpenDescription? Slave, TtyInfoEntry MasterInfo, TtyInfoEntry? SlaveInfo);

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
            if (IndexOf(description) is { } index)
                _slaves.Add((description, index));
        }
    }

    public bool Has(OpenDescription description) => _own.Contains(description);

    /// <summary>Which of the masters' slave it is; null when it is none's.</summary>
    private uint? IndexOf(OpenDescription description)
    {
        DeviceId device = description.Status.RDevice;
        if (device is { Major: 5, Minor: 0 })
            return IndexOfControlling(description.Process);
        if (device.Major is < 136 or > 143)
            return null;
        uint index = ((device.Major - 136) << 8) + device.Minor;
        // There may be several sets of pseudo-terminals, each with numbers from 0 on.
        return _masters.TryGetValue(index, out OpenDescription? master)
            && FileCalls.TryStatus(PathOf(master, index), out FileStatus? slave, out _) && slave.Device == description.Status.Device ? index : null;
    }

    /// <summary>/dev/tty stands for the process's controlling terminal: the one that has its session.</summary>
    private uint? IndexOfControlling(CaptureContext process)
    {
        int session = process.Proc.Stat().Session;
        foreach ((uint index, OpenDescription description) in _masters)
        {
            using Fd master = _inspection.Duplicate(description);
            if (Number(master, TIOCGSID) == session)
                return index;
        }
        return null;
    }

    private static string PathOf(OpenDescription end, uint index) => $"{end.Process.Proc.PathOf("root")}/dev/pts/{index}";

    public void Run()
    {
        foreach ((uint index, OpenDescription master) in _masters.OrderBy(item => item.Key))
        {
            List<OpenDescription> slaves = [.. _slaves.Where(item => item.Index == index).Select(item => item.Description)];
            _own.Add(master);
            _own.UnionWith(slaves);
            if (Obstacle(master, slaves, index) is { } obstacle)
            {
                _inspection.Refuse(master, obstacle, "try again once the process has read it");
                continue;
            }
            TtyInfoEntry info = Describe(master, slaves, index, isMaster: true);
            Add(master, info);
            TtyInfoEntry? slaveInfo = slaves.Count > 0 ? Describe(slaves[0], slaves, index, isMaster: false) : null;
            foreach (OpenDescription slave in slaves)
                Add(slave, slaveInfo!);
            _pairs.Add(new Pair(index, master, slaves.FirstOrDefault(), info, slaveInfo));
        }
    }

    private string? Obstacle(OpenDescription description, List<OpenDescription> slaves, uint index)
    {
        using Fd master = _inspection.Duplicate(description);
        using Fd? slave = OpenSlave(description, slaves.FirstOrDefault(), index, master);
        if (slave is null)
            return FileCalls.BytesReadable(master) > 0 ? "holds data that were not read yet, and its slave can't be opened" : null;
        byte[]? modes = TerminalKind.Ask(master, TCGETS, TerminalKind.TermiosSize);
        return modes is null ? null : new TerminalQueues(master, slave, modes[..TerminalKind.TermiosSize], Number(master, TIOCGPKT) != 0).Obstacle();
    }

    /// <summary>The slave as it is open; opened for a moment where only its end is left. Null when there is nothing in it.</summary>
    private Fd? OpenSlave(OpenDescription description, OpenDescription? slave, uint index, Fd master)
    {
        if (slave is not null)
            return _inspection.Duplicate(slave);
        // The answer to a poll, before the open clears it: a master without a slave hangs up once what was written is read.
        return (FileCalls.Poll(master, POLLIN) & POLLIN) != 0 && FileCalls.BytesReadable(master) > 0
            && FileCalls.TryOpen(PathOf(description, index), O_RDWR | O_NOCTTY, out Fd? opened, out _) ? opened : null;
    }

    /// <summary>Takes what is queued out and puts it back.</summary>
    public void CaptureQueues()
    {
        foreach (Pair pair in _pairs)
        {
            using Fd master = _inspection.Duplicate(pair.Master);
            using Fd? slave = OpenSlave(pair.Master, pair.Slave, pair.Index, master);
            if (slave is null || pair.MasterInfo.Termios is null)
                continue;
            var queues = new TerminalQueues(master, slave, TerminalImage.ToRaw(pair.MasterInfo.Termios), pair.MasterInfo.PacketMode);
            queues.Take();
            if (queues.Output is { Length: > 0 } output)
                _inspection.Images.TerminalData.Add(new TtyDataEntry { TtyId = pair.MasterInfo.Id, Data = ByteString.CopyFrom(output) });
            if (pair.SlaveInfo is null || queues.Input is not { Length: > 0 } input)
                continue;
            var typed = new TtyDataEntry { TtyId = pair.SlaveInfo.Id, Data = ByteString.CopyFrom(input) };
            if (queues.EndOfFile is { } end)
                typed.TorporEndOfFile = end;
            _inspection.Images.TerminalData.Add(typed);
        }
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
        if (FileCalls.TryStatus(PathOf(end, index), out FileStatus? slave, out _))
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
