using Torpor.Linux;
using Torpor.Model;
using static Torpor.Linux.Uapi.Fcntl;
using static Torpor.Linux.Uapi.Ioctls;

namespace Torpor.Slices.Files.Terminal;

/// <summary>Terminals: pseudo-terminals whose two ends are in the tree, and those that live outside, whose place the restorer's own takes.</summary>
internal sealed class TerminalKind : IFileKind
{
    public const int TermiosSize = 36;
    public const int WindowSize = 8;

    public FdTypes? Restores => FdTypes.Tty;

    public bool Recognizes(OpenDescription description) => IsTerminal(description);

    /// <summary>By the major numbers of Documentation/admin-guide/devices.txt: consoles, /dev/tty and ptmx, serial lines, pseudo-terminals.</summary>
    public static bool IsTerminal(OpenDescription description) =>
        description.Status.IsCharacterDevice && description.Status.RDevice.Major is 4 or 5 or (>= 136 and <= 143) or 166 or 188 or 204 or 229;

    public void Inspect(FileInspection inspection, IReadOnlyList<OpenDescription> descriptions)
    {
        var ids = new Dictionary<DeviceId, uint>();
        var own = new PseudoTerminalCapture(inspection, descriptions);
        own.Run();
        inspection.Tree.State.Set(own);
        foreach (OpenDescription description in descriptions)
        {
            if (own.Has(description))
                continue;
            if (!inspection.Options.ShellJob)
                inspection.Refuse(description, "is a terminal that lives outside", "pass --shell-job to connect it to the restorer's terminal");
            else if (inspection.TryOwner(description, out SignalOwner owner))
                Add(inspection, description, owner, ids);
        }
    }

    public void Capture(CaptureTree tree)
    {
        if (tree.State.TryGet(out PseudoTerminalCapture? own))
            own.CaptureQueues();
    }

    private static void Add(FileInspection inspection, OpenDescription description, SignalOwner owner, Dictionary<DeviceId, uint> ids)
    {
        CaptureContext context = description.Process;
        DeviceId device = description.Status.RDevice;
        if (!ids.TryGetValue(device, out uint id))
        {
            ids.Add(device, id = (uint)context.Images.Terminals.Count + 1);
            using Fd duplicate = inspection.Duplicate(description);
            // A terminal that was hung up answers EIO.
            byte[]? termios = Ask(duplicate, TCGETS, TermiosSize);
            byte[]? window = Ask(duplicate, TIOCGWINSZ, WindowSize);
            context.Images.Terminals.Add(TerminalImage.ToInfo(id, description.Status, Session(context), termios, window));
            inspection.Note($"{description.Path} is a terminal: after a restore it is the restorer's own");
        }
        inspection.Add(description, TerminalImage.ToEntry(new TerminalState(id, (uint)description.Flags, owner, inspection.AddPath(description, owner))));
    }

    public static byte[]? Ask(Fd terminal, uint request, int size)
    {
        byte[] answer = new byte[Math.Max(size, 64)];
        return FileCalls.Ioctl(terminal, request, answer.AsSpan()).IsError ? null : answer;
    }

    private static uint Session(CaptureContext context)
    {
        IReadOnlyList<int> sessions = context.Proc.Status().NSsid;
        return sessions.Count > 0 ? (uint)Math.Max(sessions[^1], 0) : 0;
    }

    public void Compile(FileRestore restore, IReadOnlyList<RestoredDescription> descriptions)
    {
        var own = new PseudoTerminalRestore(restore);
        foreach (RestoredDescription description in descriptions)
        {
            TerminalState state = TerminalImage.FromEntry(description.Entry);
            if (restore.Images.Terminals.Find(info => info.Id == state.TerminalId) is { TorporOwn: true } info)
            {
                own.Add(info, description, state);
                continue;
            }
            if (Key(restore, state) is { } key && restore.TryInherit(description, key))
                continue;
            if (!restore.Options.ShellJob)
            {
                throw new TorporException(FailureKind.Refused, $"the process had a terminal that lives outside ({description})",
                    "pass --shell-job to connect it to this terminal, or --inherit-fd to name another");
            }
            if (!description.Slots.Exists(slot => slot.Number <= 2) && OwnTerminal((int)state.Flags) is { } terminal)
            {
                restore.PlacePassed(restore.Table.Pass(terminal), description);
                description.IsRehomed = true;
            }
            else
            {
                StandardStreams.Rehome(restore, description, writes: (state.Flags & O_ACCMODE) == O_WRONLY);
            }
        }
        own.Compile();
    }

    /// <summary>CRIU's key for --inherit-fd and --external.</summary>
    private static string? Key(FileRestore restore, TerminalState state) =>
        restore.Images.Terminals.Find(info => info.Id == state.TerminalId) is { } info ? $"tty[{info.Rdev:x}:{info.Dev:x}]" : null;

    /// <summary>
    /// A description of our terminal for the process alone, with the flags it had: O_NONBLOCK on one that it shares with the
    /// caller's shell would trouble the shell. Null when we have no terminal.
    /// </summary>
    private static Fd? OwnTerminal(int flags)
    {
        int wanted = (flags & (O_ACCMODE | FileRestore.SettableFlags)) | O_NOCTTY;
        for (int number = 0; number <= 2; number++)
        {
            using Fd own = StandardStreams.ForStream(number);
            if (FileCalls.IsTerminal(own) && FileCalls.TryOpen($"/proc/self/fd/{own.Value}", wanted, out Fd? opened, out _))
                return opened;
        }
        return FileCalls.TryOpen("/dev/tty", wanted, out Fd? controlling, out _) ? controlling : null;
    }
}
