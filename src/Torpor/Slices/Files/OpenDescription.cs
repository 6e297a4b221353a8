using Torpor.Linux;
using Torpor.Linux.ProcFs;
using Torpor.Model;
using static Torpor.Linux.Uapi.Fcntl;

namespace Torpor.Slices.Files;

/// <summary>A number in the target's descriptor table.</summary>
internal readonly record struct TableSlot(int Number, bool CloseOnExec);

/// <summary>What makes a socket what it is, see socket(2).</summary>
/// <param name="Family">AF_*.</param>
/// <param name="Type">SOCK_*.</param>
/// <param name="Protocol">As the family counts them.</param>
internal readonly record struct SocketIdentity(int Family, int Type, int Protocol);

/// <summary>One open file description of the tree, with every descriptor that leads to it, see open(2).</summary>
internal sealed class OpenDescription
{
    /// <summary>The first process that has it.</summary>
    public required CaptureContext Process { get; init; }

    public required string Link { get; init; }

    public required FdInfo Info { get; init; }

    public required FileStatus Status { get; init; }

    /// <summary>Null for what is no socket.</summary>
    public SocketIdentity? Socket { get; init; }

    /// <summary>In the first process that has it; ascending.</summary>
    public List<TableSlot> Slots { get; } = [];

    /// <summary>In every process's table.</summary>
    public List<(CaptureContext Process, TableSlot Slot)> Holdings { get; } = [];

    /// <summary>Adds a descriptor that leads here.</summary>
    public void Add(CaptureContext process, TableSlot slot)
    {
        Holdings.Add((process, slot));
        if (process == Process)
            Slots.Add(slot);
    }

    /// <summary>The tool's own descriptor of a description that no table leads to: it is in a socket's queue only, see SCM_RIGHTS in unix(7).</summary>
    public Fd? InFlight { get; init; }

    /// <summary>For each message in a Unix socket's queue that descriptors travel with: what they lead to.</summary>
    public Queue<IReadOnlyList<OpenDescription>> Queued { get; } = new();

    /// <summary>The kernel tells since Linux 5.9; before that, none is seen.</summary>
    public bool HasDescriptorsInQueue => Socket is { Family: Linux.Uapi.Socket.AF_UNIX } && Info.Field("scm_fds") is { } count && count != "0";

    /// <summary>A task in whose table <see cref="First"/> is: for kcmp(2).</summary>
    public Tid Task => InFlight is null ? Process.Pid.Leader : new Pid(Environment.ProcessId).Leader;

    public RemoteFd First => new(InFlight?.Value ?? Slots[0].Number);

    /// <summary>A duplicate in this process, which shares everything with the target's.</summary>
    public Fd Duplicate() => InFlight is { } own ? FileCalls.Duplicate(own) : PidFdCalls.GetFd(Process.PidFd, First);

    /// <summary>The id in the images; zero until the description was inspected, and when it was refused.</summary>
    public uint Id { get; set; }

    /// <summary>O_* without O_CLOEXEC, which belongs to the descriptor.</summary>
    public int Flags => Info.Flags & ~O_CLOEXEC;

    public int AccessMode => Info.Flags & O_ACCMODE;

    public bool CanRead => AccessMode is O_RDONLY or O_RDWR;

    public bool CanWrite => AccessMode is O_WRONLY or O_RDWR;

    public bool IsPathOnly => (Info.Flags & O_PATH) != 0;

    public bool IsDeleted => Link.EndsWith(TargetPath.DeletedSuffix, StringComparison.Ordinal);

    /// <summary>The link without the kernel's remark that the file is deleted.</summary>
    public string Path => IsDeleted ? Link[..^TargetPath.DeletedSuffix.Length] : Link;

    /// <summary>True when one of the standard streams leads here.</summary>
    public bool IsStandardStream => Holdings.Exists(holding => holding.Slot.Number <= 2);

    /// <summary>For refusals: <c>descriptors 3, 7 (/var/log/x)</c>.</summary>
    public override string ToString()
    {
        if (InFlight is not null)
            return $"a descriptor in flight ({Link})";
        string numbers = string.Join(", ", Slots.Take(4).Select(slot => slot.Number)) + (Slots.Count > 4 ? ", …" : "");
        return $"{(Slots.Count == 1 ? "descriptor" : "descriptors")} {numbers} ({Link})";
    }
}
