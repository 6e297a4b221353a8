namespace Torpor.Linux.Uapi;

/// <summary>PTRACE_O_*, see ptrace(2).</summary>
[Flags]
public enum PtraceOptions
{
    None = 0,
    PTRACE_O_TRACESYSGOOD = 1 << 0,
    PTRACE_O_TRACEFORK = 1 << 1,
    PTRACE_O_TRACEVFORK = 1 << 2,
    PTRACE_O_TRACECLONE = 1 << 3,
    PTRACE_O_TRACEEXEC = 1 << 4,
    PTRACE_O_TRACEVFORKDONE = 1 << 5,
    PTRACE_O_TRACEEXIT = 1 << 6,

    /// <summary>The tracees are killed when the tracer ends.</summary>
    PTRACE_O_EXITKILL = 1 << 20,

    /// <summary>
    /// The tracee's system calls pass by its seccomp filters and strict mode while it is traced. Needs CAP_SYS_ADMIN in the
    /// initial user namespace, and a tracer without seccomp.
    /// </summary>
    PTRACE_O_SUSPEND_SECCOMP = 1 << 21,
}

/// <summary>PTRACE_EVENT_*, see ptrace(2).</summary>
public static class PtraceEvent
{
    public const int PTRACE_EVENT_FORK = 1;
    public const int PTRACE_EVENT_VFORK = 2;
    public const int PTRACE_EVENT_CLONE = 3;
    public const int PTRACE_EVENT_EXEC = 4;
    public const int PTRACE_EVENT_EXIT = 6;
    public const int PTRACE_EVENT_STOP = 128;
}

/// <summary>struct ptrace_rseq_configuration.</summary>
/// <param name="AbiPointer">The thread's struct rseq; null when it has none.</param>
/// <param name="AbiSize">Its size in bytes as registered.</param>
/// <param name="Signature">The signature that stands before each abort handler.</param>
/// <param name="Flags">The registration's flags.</param>
public readonly record struct RseqConfiguration(RemoteAddress AbiPointer, uint AbiSize, uint Signature, uint Flags);
