using Torpor.Images.Messages;

namespace Torpor.Slices.ProcessAttributes;

/// <summary>Small settings of a whole process, most of them of prctl(2).</summary>
internal sealed record ProcessAttributesState
{
    /// <summary>The argument of personality(2) that only asks.</summary>
    public const uint PersonalityQuery = 0xffffffff;

    /// <summary>The leader's name.</summary>
    public required string Comm { get; init; }

    /// <summary>See personality(2).</summary>
    public uint Personality { get; init; }

    /// <summary>From -1000 to 1000.</summary>
    public int? OomScoreAdjustment { get; init; }

    /// <summary>Null on a kernel without audit.</summary>
    public uint? LoginUid { get; init; }

    public bool ChildSubreaper { get; init; }

    /// <summary>MEMBARRIER_CMD_REGISTER_*; zero also on kernels before 6.3, which don't tell.</summary>
    public uint MembarrierRegistrations { get; init; }

    public uint? CoredumpFilter { get; init; }

    /// <summary>What PR_GET_THP_DISABLE tells: 1, and from Linux 6.18 on flags.</summary>
    public uint ThpDisable { get; init; }

    public bool MemoryMerge { get; init; }

    /// <summary>PR_MDWE_*.</summary>
    public uint Mdwe { get; init; }

    /// <summary>0 or 1.</summary>
    public int? Dumpable { get; init; }

    public void ToImage(TaskCoreEntry task, MmEntry mm)
    {
        task.Comm = Comm;
        task.Personality = Personality;
        task.Flags = 0;
        if (OomScoreAdjustment is { } adjustment)
            task.OomScoreAdj = adjustment;
        if (LoginUid is { } uid)
            task.Loginuid = uid;
        task.ChildSubreaper = ChildSubreaper;
        if (MembarrierRegistrations != 0)
            task.MembarrierRegistrationMask = MembarrierRegistrations;
        if (CoredumpFilter is { } filter)
            task.TorporCoredumpFilter = filter;
        if (ThpDisable > 1)
            task.TorporThpDisable = ThpDisable;
        if (Mdwe != 0)
            task.TorporMdwe = Mdwe;
        if (MemoryMerge)
            task.TorporMemoryMerge = true;
        mm.ThpDisabled = ThpDisable != 0;
        if (Dumpable is { } dumpable)
            mm.Dumpable = dumpable;
    }

    public static ProcessAttributesState FromImage(TaskCoreEntry task, MmEntry mm) => new()
    {
        Comm = task.Comm,
        Personality = task.Personality,
        OomScoreAdjustment = task.HasOomScoreAdj ? task.OomScoreAdj : null,
        LoginUid = task.HasLoginuid ? task.Loginuid : null,
        ChildSubreaper = task.ChildSubreaper,
        MembarrierRegistrations = task.MembarrierRegistrationMask,
        CoredumpFilter = task.HasTorporCoredumpFilter ? task.TorporCoredumpFilter : null,
        ThpDisable = task.HasTorporThpDisable ? task.TorporThpDisable : mm.ThpDisabled ? 1u : 0,
        MemoryMerge = task.TorporMemoryMerge,
        Mdwe = task.TorporMdwe,
        Dumpable = mm.HasDumpable ? mm.Dumpable : null,
    };
}
