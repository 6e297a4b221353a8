using Torpor.Linux;

namespace Torpor;

/// <summary>How far an ordinary user gets with namespaces of their own.</summary>
internal enum NamespaceOutcome
{
    /// <summary>A user, pid and mount namespace with a /proc of its own.</summary>
    Works,

    /// <summary>The kernel, or a limit, makes no such namespace.</summary>
    NotCreated,

    /// <summary>It is created, but an LSM takes its capabilities away: nothing can be mounted in it.</summary>
    WithoutCapabilities,

    /// <summary>A fresh /proc is refused in it, which the kernel does where parts of the visible /proc are mounted over.</summary>
    WithoutProc,

    /// <summary>Something else failed.</summary>
    Failed,
}

/// <summary>What was observed, before anything is concluded from it.</summary>
internal sealed record DoctorFacts
{
    public required Version Kernel { get; init; }

    public required int UserId { get; init; }

    /// <summary>CapEff of proc_pid_status(5), a bit for each capability.</summary>
    public required ulong EffectiveCapabilities { get; init; }

    public required bool NoNewPrivileges { get; init; }

    /// <summary>The seccomp mode of this process: 0 none, 1 strict, 2 filter.</summary>
    public required int SeccompMode { get; init; }

    /// <summary>kernel.yama.ptrace_scope; 0 when Yama is not there.</summary>
    public required int PtraceScope { get; init; }

    public required NamespaceOutcome Namespaces { get; init; }

    /// <summary>Why there is no namespace, when there is none.</summary>
    public required Errno NamespaceErrno { get; init; }

    /// <summary>What failed, operation and errno; null when nothing did.</summary>
    public required string? NamespaceFailure { get; init; }

    public required bool AppArmorRestrictsNamespaces { get; init; }

    public required bool TimeNamespaces { get; init; }

    /// <summary>The calls that read another process, each with what it returned when tried on this process itself.</summary>
    public required IReadOnlyList<(string Call, Errno Result)> ForeignCalls { get; init; }

    /// <summary>EINVAL for an empty argument where clone3(2) is there and no filter stops it.</summary>
    public required Errno Clone3 { get; init; }

    /// <summary>Whether PAGEMAP_SCAN is there.</summary>
    public required bool PageScan { get; init; }

    public bool Has(int capability) => (EffectiveCapabilities >> capability & 1) != 0;

    public const int CAP_SYS_PTRACE = 19;
    public const int CAP_SYS_ADMIN = 21;
    public const int CAP_CHECKPOINT_RESTORE = 40;
}
