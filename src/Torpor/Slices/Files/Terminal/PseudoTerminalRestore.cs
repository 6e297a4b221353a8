using Torpor.Linux;
using Torpor.Model;
using Torpor.Tracing;
using static Torpor.Linux.Uapi.Fcntl;
using static Torpor.Linux.Uapi.Ioctls;
using static Torpor.Linux.Uapi.Poll;

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
        foreach ((uint index, Pair pair) in _pairs)
        {
            if (pair.Master is null)
                throw FileRestore.Damaged($"pseudo-terminal {index} has no master");
        }
        if (restore.Tree.Privilege.PrivateNamespaces)
            MakeMasters();
        else
            PassMasters();
        foreach ((uint index, Pair pair) in _pairs)
            Compile(index, pair, pair.Master!.Value.Description, pair.Master.Value.State, pair.MasterInfo!);
    }

    /// <summary>In a set of pseudo-terminals of the tree's own: the kernel hands out 0, 1, 2 and so on.</summary>
    private void MakeMasters()
    {
        List<int> others = [];
        foreach ((uint index, Pair pair) in _pairs)
        {
            for (uint other = (uint)others.Count + (uint)_pairs.Keys.Count(earlier => earlier < index); other < index; other++)
                others.Add(OpenMaster(other));
            restore.Place(OpenMaster(index), pair.Master!.Value.Description);
        }
        foreach (int other in others)
            restore.Table.Close(restore.Program, other);
    }

    private int OpenMaster(uint index) => restore.Table.Open(restore.Program, $"make pseudo-terminal {index}", SyscallNumber.openat,
        AT_FDCWD, restore.Program.Text("/dev/ptmx"), O_RDWR | O_NOCTTY | O_CLOEXEC, 0);

    /// <summary>Where others have pseudo-terminals too, the tool opens the masters itself, because it can see which number it gets.</summary>
    private void PassMasters()
    {
        List<Fd> others = [];
        try
        {
            foreach ((uint index, Pair pair) in _pairs)
                pair.Master!.Value.Description.First = restore.Table.Pass(Open(index, others));
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

    private void Compile(uint index, Pair pair, RestoredDescription master, TerminalState state, TtyInfoEntry info)
    {
        SyscallProgram program = restore.Program;
        string path = $"/dev/pts/{index}";
        program.Call($"unlock {path}", SyscallNumber.ioctl, master.First, TIOCSPTLCK, program.Data(new byte[4]));
        if (info.Winsize is { } window)
            program.Call($"set the window size of {path}", SyscallNumber.ioctl, master.First, TIOCSWINSZ, program.Data(TerminalImage.ToRaw(window)));
        foreach ((RestoredDescription slave, TerminalState slaveState, _) in pair.Slaves)
        {
            restore.OpenPath(slave, path, ((int)slaveState.Flags & (O_ACCMODE | FileRestore.SettableFlags)) | O_NOCTTY);
            slaveState.Owner.Compile(restore, slave);
        }
        Fill(pair, master.First, path, info);
        // Ordering: behind what is written, because a write to a full terminal waits or not, as these flags say.
        restore.SetFlags(master.First, state.Flags, 0, master.Label);
        state.Owner.Compile(restore, master);
        if (info.Uid != 0 || info.Gid != 0)
            program.Call($"set the owner of {path}", Expectation.Any, SyscallNumber.fchownat, AT_FDCWD, program.Text(path), info.Uid, info.Gid, 0);
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

    /// <summary>Modes, and what is queued.</summary>
    private void Fill(Pair pair, int master, string path, TtyInfoEntry info)
    {
        SyscallProgram program = restore.Program;
        byte[]? modes = info.Termios is { } termios ? TerminalImage.ToRaw(termios) : null;
        TtyDataEntry? output = DataOf(info), input = pair.Slaves.Count > 0 ? DataOf(pair.Slaves[0].Info) : null;
        if (modes is not null && (output ?? input) is not null)
        {
            byte? end = input is { HasTorporEndOfFile: true } ? (byte)input.TorporEndOfFile : null;
            program.Call($"let {path} take what comes", SyscallNumber.ioctl, master, TCSETS, program.Data(FeedingModes.For(modes, end)));
        }
        bool opens = pair.Slaves.Count == 0 && (info.TorporHungUp || output is not null);
        int slave = opens
            ? restore.Table.Open(program, $"open {path}", SyscallNumber.openat, AT_FDCWD, program.Text(path), O_RDWR | O_NOCTTY | O_CLOEXEC, 0)
            : pair.Slaves.Count > 0 ? pair.Slaves[0].Description.First : -1;
        if (input is not null)
            Type(master, slave, input.Data.ToByteArray(), path, modes is not null && FeedingModes.IsCanonical(modes));
        if (output is not null)
            program.Call($"print on {path}", Expectation.Exactly(output.Data.Length), SyscallNumber.write, slave, program.Data(output.Data.Span), output.Data.Length);
        if (modes is not null)
            program.Call($"set the modes of {path}", SyscallNumber.ioctl, master, TCSETS, program.Data(modes));
        // A master whose last slave was closed tells so.
        if (opens)
            restore.Table.Close(program, slave);
    }

    /// <summary>
    /// Ordering: the modes must not change before the kernel's worker has got to it. A poll of the slave waits for that when
    /// there is nothing to read yet; behind whole lines nothing does, and time has to.
    /// </summary>
    private void Type(int master, int slave, byte[] text, string path, bool isCanonical)
    {
        const int pollLimit = 255;
        const int worker = 100;
        SyscallProgram program = restore.Program;
        program.Call($"type on {path}", Expectation.Exactly(text.Length), SyscallNumber.write, master, program.Data(text), text.Length);
        byte[] entry = new byte[8];
        BitConverter.TryWriteBytes(entry, slave);
        BitConverter.TryWriteBytes(entry.AsSpan(sizeof(int)), POLLIN);
        program.Call($"wait for {path} to get it", Expectation.Any, SyscallNumber.poll, program.Data(entry), 1, 0);
        if (isCanonical || text.Length >= pollLimit)
            program.Call($"wait for {path} to get it", Expectation.Any, SyscallNumber.poll, 0, 0, worker);
    }

    private TtyDataEntry? DataOf(TtyInfoEntry info) => restore.Images.TerminalData.Find(data => data.TtyId == info.Id && data.Data.Length > 0);
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
