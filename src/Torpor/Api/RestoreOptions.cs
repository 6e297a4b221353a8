using Torpor.Linux;

namespace Torpor;

/// <summary>In which pid namespace the process comes back.</summary>
public enum PidPlacement
{
    /// <summary>The same pid in the caller's namespace when the caller may choose pids and it is free, else a private namespace.</summary>
    Automatic,

    /// <summary>A private user and pid namespace: the same pids seen from inside, needs no privilege.</summary>
    PrivateNamespace,

    /// <summary>The caller's own pid namespace: needs CAP_CHECKPOINT_RESTORE.</summary>
    SamePid,
}

/// <summary>What to restore, and how.</summary>
public sealed record RestoreOptions
{
    /// <summary>The directory with the images.</summary>
    public required string Directory { get; init; }

    public PidPlacement Placement { get; init; } = PidPlacement.Automatic;

    /// <summary>Accept images whose terminal lives outside; it becomes the caller's own (CRIU's <c>--shell-job</c>).</summary>
    public bool ShellJob { get; init; } = true;

    /// <summary>Accept datagram sockets that were connected to a named one of another process; they are connected there again (CRIU's <c>--ext-unix-sk</c>). torpor's own command line always does.</summary>
    public bool ExternalUnixSockets { get; init; } = true;

    /// <summary>Bring TCP connections that were kept back as ended ones (CRIU's <c>--tcp-close</c>).</summary>
    public bool TcpClose { get; init; }

    /// <summary>Return as soon as the process runs, rather than wait for its end.</summary>
    public bool Detach { get; init; }

    /// <summary>Leave the process stopped by SIGSTOP.</summary>
    public bool LeaveStopped { get; init; }

    /// <summary>Receives the pid of the restored root process as the caller sees it.</summary>
    public string? PidFile { get; init; }

    /// <summary>Descriptors of the caller that take the place of outside ends, by CRIU's keys: <c>pipe:[123]</c>, <c>tty[rdev:dev]</c>, a path.</summary>
    public IReadOnlyDictionary<string, int> InheritDescriptors { get; init; } = new Dictionary<string, int>();

    /// <summary>Compile and return the plan as text; start nothing.</summary>
    public bool ExplainOnly { get; init; }
}
