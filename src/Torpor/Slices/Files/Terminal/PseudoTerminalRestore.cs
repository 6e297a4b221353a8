using Torpor.Linux;
using Torpor.Model;
using Torpor.Tracing;
using static Torpor.Linux.Uapi.Fcntl;
using static Torpor.Linux.Uapi.Ioctls;

namespace Torpor.Slices.Files.Terminal;

/// <summary>
/// Makes pseudo-terminals anew under their old numbers. The tool opens the masters itself, because the kernel chooses the
/// numbers: it hands out the lowest free one until the wanted one comes.
/// </summary>
internal sealed class PseudoTerminalRestore(FileRestore restore)
{
    /// <summary>pty(7): kernel.pty.max is 4096 unless an administrator raised it.</summary>
    private const uint HighestIndex = 1 << 20;

    private readonly SortedDictionary<uint, Pair> _pairs = [];

    private sealed class Pair
    {
        public TtyInfoEntry? MasterInfo { get; set; }

        public (RestoredDescription Description, TerminalState State)? Master { get; set; }

        public List<(RestoredDescription Description, TerminalState State, TtyInfoEntry Info)> Slaves { get; } = [];
    }

    public void Add(TtyInfoEntry info, RestoredDescription description, TerminalState state)
    {
        uint index = info.Pty?.Index ?? throw FileRestore.Damaged($"the terminal {info.Id} is a pseudo-terminal without a number");
        if (index > HighestIndex)
            throw FileRestore.Damaged($"the terminal {info.Id} is pseudo-terminal {index}");
        if (!_pairs.TryGetValue(index, out Pair? pair))
            _pairs.Add(index, pair = new Pair());
        if (info.TorporMaster)
        {
            pair.MasterInfo = info;
            pair.Master = (description, state);
        }
        else
        {
            pair.Slaves.Add((description, state, info));
        }
    }

    public void Compile()
    {
        List<Fd> others = [];
        try
        {
            foreach ((uint index, Pair pair) in _pairs)
            {
                if (pair.Master is not { } master || pair.MasterInfo is not { } info)
                    throw FileRestore.Damaged($"pseudo-terminal {index} has no master");
                Fd opened = Open(index, others);
                Set(opened, info, index);
                master.Description.First = restore.Table.Pass(opened);
                Compile(index, pair, master.Description, master.State, info);
            }
        }
        finally
        {
            foreach (Fd other in others)
                other.Dispose();
        }
    }

    private static Fd Open(uint index, List<Fd> others)
    {
        int at = others.FindIndex(other => IndexOf(other) == index);
        if (at >= 0)
        {
            Fd found = others[at];
            others.RemoveAt(at);
            return found;
        }
        while (true)
        {
            Fd master = FileCalls.Open("/dev/ptmx", O_RDWR | O_NOCTTY);
            uint got = IndexOf(master);
            if (got == index)
                return master;
            others.Add(master);
            if (got > index)
            {
                throw new TorporException(FailureKind.Refused, $"the pseudo-terminal /dev/pts/{index}, which the process had, is taken",
                    "end the program that uses it, and try again");
            }
        }
    }

    private static uint IndexOf(Fd master) =>
        TerminalKind.Ask(master, TIOCGPTN, sizeof(int)) is { } answer ? BitConverter.ToUInt32(answer) : uint.MaxValue;

    /// <summary>What a master can set for its slave.</summary>
    private static void Set(Fd master, TtyInfoEntry info, uint index)
    {
        Must(master, TIOCSPTLCK, BitConverter.GetBytes(0), $"unlock /dev/pts/{index}");
        if (info.Termios is { } termios)
            Must(master, TCSETS, TerminalImage.ToRaw(termios), $"set the modes of /dev/pts/{index}");
        if (info.Winsize is { } window)
            Must(master, TIOCSWINSZ, TerminalImage.ToRaw(window), $"set the window size of /dev/pts/{index}");
        string path = $"/dev/pts/{index}";
        if (info.TorporHungUp && FileCalls.TryOpen(path, O_RDWR | O_NOCTTY, out Fd? slave, out _))
            slave.Dispose();
        if (FileCalls.TryStatus(path, out FileStatus? status, out _) && (status.Uid != info.Uid || status.Gid != info.Gid))
            FileCalls.TryChangeOwner(path, info.Uid, info.Gid);
    }

    private static void Must(Fd terminal, uint request, byte[] argument, string what) =>
        FileCalls.Ioctl(terminal, request, argument.AsSpan()).OrThrow(what);

    private void Compile(uint index, Pair pair, RestoredDescription master, TerminalState state, TtyInfoEntry info)
    {
        SyscallProgram program = restore.Program;
        string path = $"/dev/pts/{index}";
        restore.SetFlags(master.First, state.Flags, 0, master.Label);
        state.Owner.Compile(restore, master);
        foreach ((RestoredDescription slave, TerminalState slaveState, _) in pair.Slaves)
        {
            restore.OpenPath(slave, path, ((int)slaveState.Flags & (O_ACCMODE | FileRestore.SettableFlags)) | O_NOCTTY);
            slaveState.Owner.Compile(restore, slave);
        }
        if (info.HasTorporMode)
            program.Call($"set the mode of {path}", Expectation.Any, SyscallNumber.fchmodat, AT_FDCWD, program.Text(path), info.TorporMode & 0xfff);
        // Ordering: what bars or reports changes behind the changes.
        if (info.Locked)
            program.Call($"lock {path}", SyscallNumber.ioctl, master.First, TIOCSPTLCK, program.Data(BitConverter.GetBytes(1)));
        if (pair.Slaves.Exists(slave => slave.Info.Exclusive))
            program.Call($"make {path} exclusive", SyscallNumber.ioctl, pair.Slaves[0].Description.First, TIOCEXCL, 0);
        if (info.PacketMode)
            program.Call($"set packet mode of {master.Label}", SyscallNumber.ioctl, master.First, TIOCPKT, program.Data(BitConverter.GetBytes(1)));
        if (info.Sid != 0)
            restore.ControllingTerminals.Add(new ControllingTerminal(path, pair.Slaves.Count > 0 ? pair.Slaves[0].Description : null, info.Sid, info.Pgrp));
    }
}

/// <summary>A session's controlling terminal, to be taken by its leader once all processes exist.</summary>
/// <param name="Path">The slave.</param>
/// <param name="Slave">An open description of it; null when there is none.</param>
/// <param name="Session">The leader's pid.</param>
/// <param name="Foreground">The foreground group; zero for none.</param>
internal sealed record ControllingTerminal(string Path, RestoredDescription? Slave, uint Session, uint Foreground)
{
    public void Compile(RestoreTree tree)
    {
        if (tree.Processes.Find(process => process.Images.Pid == Session) is not { } leader)
            return;
        // Ordering: right behind the start of the session, because children get the terminal by being cloned.
        SyscallProgram start = tree.Creation.OfType<CreationStep.Run>().FirstOrDefault(step => step.StartsSession && step.Task == Session)?.Program ?? leader.Process;
        int fd = Slave?.First ?? leader.MemoryDescriptors.Open(start, $"open {Path}", SyscallNumber.openat, AT_FDCWD, start.Text(Path), O_RDWR | O_NOCTTY | O_CLOEXEC, 0);
        start.Call($"make {Path} the controlling terminal", SyscallNumber.ioctl, fd, TIOCSCTTY, 0);
        if (Slave is null)
            leader.MemoryDescriptors.Close(start, fd);
        if (Foreground != 0)
            PutIntoForeground(tree, leader);
    }

    /// <summary>Ordering: once all processes exist, the groups too.</summary>
    private void PutIntoForeground(RestoreTree tree, RestoreContext leader)
    {
        SyscallProgram program = leader.Process;
        int fd = Slave?.First ?? leader.Descriptors.Open(program, $"open {Path}", SyscallNumber.openat, AT_FDCWD, program.Text(Path), O_RDWR | O_NOCTTY | O_CLOEXEC, 0);
        // A group that has ended can't be in the foreground again.
        bool exists = tree.Images.Processes.Exists(process => process.Process.Pgid == Foreground && process.Process.Sid == Session);
        program.Call($"put process group {Foreground} into the foreground", exists ? Expectation.Success : Expectation.Any,
            SyscallNumber.ioctl, fd, TIOCSPGRP, program.Data(BitConverter.GetBytes(Foreground)));
        if (Slave is null)
            leader.Descriptors.Close(program, fd);
    }
}
