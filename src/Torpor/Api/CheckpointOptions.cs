using Torpor.Linux;

namespace Torpor;

/// <summary>What to checkpoint, and how.</summary>
public sealed record CheckpointOptions
{
    /// <summary>The process, as the caller sees it.</summary>
    public required int Pid { get; init; }

    /// <summary>The directory for the images; it must not exist, or be empty.</summary>
    public required string Directory { get; init; }

    /// <summary>Let the process go on afterwards. Otherwise it is killed once the images are complete.</summary>
    public bool LeaveRunning { get; init; }

    /// <summary>Leave the process stopped by SIGSTOP afterwards (CRIU's <c>--leave-stopped</c>).</summary>
    public bool LeaveStopped { get; init; }

    /// <summary>Accept a terminal that lives outside (CRIU's <c>--shell-job</c>). torpor's own command line always does.</summary>
    public bool ShellJob { get; init; } = true;

    /// <summary>Accept a datagram socket that is connected to a named one of another process: restore connects it there again (CRIU's <c>--ext-unix-sk</c>). torpor's own command line always does.</summary>
    public bool ExternalUnixSockets { get; init; } = true;

    /// <summary>Accept file locks and leases (CRIU's <c>--file-locks</c>). torpor's own command line always does.</summary>
    public bool FileLocks { get; init; } = true;

    /// <summary>What becomes of TCP connections.</summary>
    public TcpConnections TcpConnections { get; init; } = TcpConnections.InTree;

    /// <summary>Accept pipes and stream sockets at 0, 1 and 2 whose other end lives outside: restore connects them to its own 0, 1, 2.</summary>
    public bool InheritStandardStreams { get; init; } = true;

    /// <summary>External resources by CRIU's keys, as in <c>file[mnt_id:inode]</c>, <c>unix[ino]</c>.</summary>
    public IReadOnlyList<string> External { get; init; } = [];

    /// <summary>Write over the images of an earlier checkpoint in the same directory, as CRIU does.</summary>
    public bool Overwrite { get; init; }
}
