namespace Torpor.Linux.ProcFs;

/// <summary>
/// /proc/PID/stat, see proc_pid_stat(5): the manual's names. Addresses and a few other fields show as zero without ptrace
/// access (PTRACE_MODE_READ). Times are in clock ticks.
/// </summary>
public sealed record ProcStat
{
    public required Tid Pid { get; init; }

    /// <summary>As it is, not escaped.</summary>
    public required string Comm { get; init; }

    public required char State { get; init; }

    public required Pid PPid { get; init; }

    public required int Pgrp { get; init; }

    public required int Session { get; init; }

    /// <summary>The controlling terminal's device in the form of <c>struct stat</c>; zero when there is none.</summary>
    public required int TtyNr { get; init; }

    /// <summary>The foreground process group of the controlling terminal, or -1.</summary>
    public required int Tpgid { get; init; }

    /// <summary>PF_* of the kernel's sched.h; PF_KTHREAD is 0x200000.</summary>
    public required uint Flags { get; init; }

    public ulong MinFlt { get; init; }

    public ulong CMinFlt { get; init; }

    public ulong MajFlt { get; init; }

    public ulong CMajFlt { get; init; }

    public ulong UTime { get; init; }

    public ulong STime { get; init; }

    public long CUTime { get; init; }

    public long CSTime { get; init; }

    public long Priority { get; init; }

    public required int Nice { get; init; }

    public required int NumThreads { get; init; }

    public long ItRealValue { get; init; }

    /// <summary>In clock ticks since boot, of the reader's time namespace.</summary>
    public required ulong StartTime { get; init; }

    /// <summary>In bytes.</summary>
    public ulong VSize { get; init; }

    /// <summary>In pages.</summary>
    public long Rss { get; init; }

    public ulong RssLim { get; init; }

    public RemoteAddress StartCode { get; init; }

    public RemoteAddress EndCode { get; init; }

    public RemoteAddress StartStack { get; init; }

    public ulong KstkEsp { get; init; }

    public ulong KstkEip { get; init; }

    public ulong Signal { get; init; }

    public ulong Blocked { get; init; }

    public ulong SigIgnore { get; init; }

    public ulong SigCatch { get; init; }

    public ulong WChan { get; init; }

    public ulong NSwap { get; init; }

    public ulong CNSwap { get; init; }

    /// <summary>The signal that the parent gets at the end; -1 for a thread that is not the leader.</summary>
    public int ExitSignal { get; init; }

    public int Processor { get; init; }

    public uint RtPriority { get; init; }

    /// <summary>SCHED_*.</summary>
    public uint Policy { get; init; }

    public ulong DelayAcctBlkIoTicks { get; init; }

    public ulong GuestTime { get; init; }

    public long CGuestTime { get; init; }

    public RemoteAddress StartData { get; init; }

    public RemoteAddress EndData { get; init; }

    public RemoteAddress StartBrk { get; init; }

    public RemoteAddress ArgStart { get; init; }

    public RemoteAddress ArgEnd { get; init; }

    public RemoteAddress EnvStart { get; init; }

    public RemoteAddress EnvEnd { get; init; }

    /// <summary>In the form of waitpid(2).</summary>
    public int ExitCode { get; init; }

    /// <summary>True for a kernel thread, PF_KTHREAD.</summary>
    public bool IsKernelThread => (Flags & 0x200000) != 0;
}
