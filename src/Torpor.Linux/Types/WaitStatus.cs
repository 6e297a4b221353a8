namespace Torpor.Linux;

/// <summary>A status of wait4(2), decoded.</summary>
public readonly record struct WaitStatus(int Raw)
{
    /// <summary>Ended by exit; <see cref="ExitCode"/> holds the code.</summary>
    public bool Exited => (Raw & 0x7f) == 0;

    public int ExitCode => (Raw >> 8) & 0xff;

    /// <summary>Killed by a signal: <see cref="TerminationSignal"/>.</summary>
    public bool Signaled => (Raw & 0x7f) is not 0 and not 0x7f;

    public int TerminationSignal => Raw & 0x7f;

    public bool Stopped => (Raw & 0xff) == 0x7f;

    /// <summary>The signal of a stop, without ptrace's system call mark.</summary>
    public int StopSignal => (Raw >> 8) & 0x7f;

    /// <summary>A stop at the entry or exit of a system call (PTRACE_O_TRACESYSGOOD).</summary>
    public bool IsSyscallStop => Stopped && ((Raw >> 8) & 0xff) == (5 | 0x80);

    /// <summary>PTRACE_EVENT_* of an event stop, else 0.</summary>
    public int PtraceEvent => Stopped ? (Raw >> 16) & 0xff : 0;

    public bool Ended => Exited || Signaled;

    public override string ToString() =>
        Exited ? $"exited with {ExitCode}"
        : Signaled ? $"killed by signal {TerminationSignal}"
        : PtraceEvent != 0 ? $"stopped by event {PtraceEvent} (signal {StopSignal})"
        : IsSyscallStop ? "stopped at a system call"
        : Stopped ? $"stopped by signal {StopSignal}"
        : $"status 0x{Raw:x}";
}
