namespace Torpor.Linux.ProcFs;

/// <summary>Real, effective, saved and file system id of a thread.</summary>
public readonly record struct CredentialIds(uint Real, uint Effective, uint Saved, uint FileSystem);

/// <summary>
/// /proc/PID/status, see proc_pid_status(5). Readable by everyone. Ids of users are as seen from the reader's user
/// namespace, ids of processes from the pid namespace of the /proc mount.
/// </summary>
public sealed record ProcStatus
{
    /// <summary>The thread's comm, unescaped; up to 15 bytes, longer for kernel threads.</summary>
    public required string Name { get; init; }

    public uint Umask { get; init; }

    /// <summary>R, S, D, T (stopped), t (traced), Z, X, I or P.</summary>
    public required char State { get; init; }

    public required Pid Tgid { get; init; }

    /// <summary>The thread's own id.</summary>
    public required Tid Pid { get; init; }

    public required Pid PPid { get; init; }

    /// <summary>The tracer; zero when there is none.</summary>
    public Pid TracerPid { get; init; }

    public required CredentialIds Uids { get; init; }

    public required CredentialIds Gids { get; init; }

    public int FdSize { get; init; }

    public required IReadOnlyList<uint> Groups { get; init; }

    /// <summary>The process id in each pid namespace, from that of the /proc mount to the innermost.</summary>
    public required IReadOnlyList<int> NStgid { get; init; }

    /// <summary>The thread id in each pid namespace, from that of the /proc mount to the innermost.</summary>
    public required IReadOnlyList<int> NSpid { get; init; }

    public required IReadOnlyList<int> NSpgid { get; init; }

    public required IReadOnlyList<int> NSsid { get; init; }

    /// <summary>True for a kernel thread: the line Kthread (6.12), or the absence of memory in a thread that is not dead.</summary>
    public required bool KernelThread { get; init; }

    /// <summary>Virtual memory in KiB; zero for a zombie or a kernel thread.</summary>
    public long VmSizeKb { get; init; }

    /// <summary>Resident memory in KiB.</summary>
    public long VmRssKb { get; init; }

    /// <summary>False when transparent huge pages are off by prctl(2); null before Linux 5.0 and without memory.</summary>
    public bool? ThpEnabled { get; init; }

    /// <summary>The number of threads in the process.</summary>
    public required int Threads { get; init; }

    /// <summary>How many signals are queued for the real user, and the limit.</summary>
    public (ulong Queued, ulong Limit) SigQ { get; init; }

    /// <summary>Pending for the thread. Bit 0 is signal 1, as in all the sets.</summary>
    public required ulong SigPnd { get; init; }

    /// <summary>Pending for the process.</summary>
    public required ulong ShdPnd { get; init; }

    public required ulong SigBlk { get; init; }

    public required ulong SigIgn { get; init; }

    public required ulong SigCgt { get; init; }

    public required ulong CapInh { get; init; }

    public required ulong CapPrm { get; init; }

    public required ulong CapEff { get; init; }

    public required ulong CapBnd { get; init; }

    public required ulong CapAmb { get; init; }

    public required bool NoNewPrivs { get; init; }

    /// <summary>0 none, 1 strict, 2 filters; zero on a kernel without seccomp.</summary>
    public int Seccomp { get; init; }

    /// <summary>The number of filters; null before Linux 5.9.</summary>
    public int? SeccompFilters { get; init; }

    /// <summary>The set of allowed processors as hexadecimal words, the highest first, as in the file.</summary>
    public string CpusAllowed { get; init; } = "";

    /// <summary>The set of allowed processors as ranges: <c>0-3,7</c>.</summary>
    public string CpusAllowedList { get; init; } = "";

    /// <summary>The thread's id in its own pid namespace.</summary>
    public int InnerTid => NSpid[^1];

    /// <summary>The process's id in its own pid namespace.</summary>
    public int InnerPid => NStgid[^1];
}
