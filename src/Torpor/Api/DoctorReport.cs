namespace Torpor;

/// <summary>How much this user may do on this machine. A higher rung has all that the lower ones have.</summary>
public enum PrivilegeRung
{
    /// <summary>Nothing can be restored here, and perhaps not checkpointed either; the checks say why.</summary>
    None,

    /// <summary>No capability: a process comes back in a private user and pid namespace, with the pids it knows.</summary>
    PrivateNamespace,

    /// <summary>CAP_CHECKPOINT_RESTORE: a process may also come back under its old pid in the caller's namespace.</summary>
    SamePid,

    /// <summary>Root: processes of other users too.</summary>
    Root,
}

/// <summary>What a check found.</summary>
public enum CheckState
{
    /// <summary>It is there.</summary>
    Good,

    /// <summary>It is missing and something works less well, or only in another way.</summary>
    Limited,

    /// <summary>It is missing and checkpoint or restore can't work without it.</summary>
    Missing,
}

/// <summary>One thing that was looked at.</summary>
/// <param name="Name">What, in a few words.</param>
/// <param name="State">Whether it is there.</param>
/// <param name="Meaning">What follows from that, one sentence without its period.</param>
/// <param name="Remedy">A command or a setting that changes it; null when there is nothing to do.</param>
public sealed record DoctorCheck(string Name, CheckState State, string Meaning, string? Remedy = null);

/// <summary>Which rung of the privilege ladder was reached, and what was found on the way.</summary>
public sealed record DoctorReport
{
    public required PrivilegeRung Rung { get; init; }

    /// <summary>What the rung means, one sentence without its period.</summary>
    public required string RungMeaning { get; init; }

    public required IReadOnlyList<DoctorCheck> Checks { get; init; }

    /// <summary>Whether this user can checkpoint and restore processes of their own here.</summary>
    public bool Ready => Rung > PrivilegeRung.None && Checks.All(check => check.State != CheckState.Missing);
}
