using Torpor.Images.Messages;

namespace Torpor.Slices.ProcessAttributes;

/// <summary>Small settings of one thread, all of prctl(2). Null and missing where the image does not tell.</summary>
internal sealed record ThreadAttributesState
{
    /// <summary>In nanoseconds; zero for a real-time thread.</summary>
    public ulong? TimerSlack { get; init; }

    /// <summary>PR_MCE_KILL_*.</summary>
    public uint? MachineCheckKill { get; init; }

    /// <summary>PR_SPEC_* by the number of the misfeature; zero where the kernel told none.</summary>
    public IReadOnlyList<uint> Speculation { get; init; } = [];

    /// <summary>PR_TSC_*: what reading the time stamp counter does; null for PR_TSC_ENABLE. Strict seccomp sets it too.</summary>
    public uint? TimeStampCounter { get; init; }

    /// <summary>It is a part of the storage stack (PR_SET_IO_FLUSHER).</summary>
    public bool IoFlusher { get; init; }

    /// <summary>Null where it is the leader's, see personality(2).</summary>
    public uint? Personality { get; init; }

    public void ToImage(ThreadCoreEntry core)
    {
        if (TimerSlack is { } slack)
            core.TorporTimerSlack = slack;
        if (MachineCheckKill is { } kill)
            core.TorporMceKill = kill;
        core.TorporSpeculation.AddRange(Speculation);
        if (Personality is { } personality)
            core.TorporPersonality = personality;
        if (TimeStampCounter is { } tsc)
            core.TorporTsc = tsc;
        if (IoFlusher)
            core.TorporIoFlusher = true;
    }

    public static ThreadAttributesState FromImage(ThreadCoreEntry core) => new()
    {
        TimerSlack = core.HasTorporTimerSlack ? core.TorporTimerSlack : null,
        MachineCheckKill = core.HasTorporMceKill ? core.TorporMceKill : null,
        Speculation = [.. core.TorporSpeculation.Take(SpeculationControls.Count)],
        Personality = core.HasTorporPersonality ? core.TorporPersonality : null,
        TimeStampCounter = core.HasTorporTsc ? core.TorporTsc : null,
        IoFlusher = core.TorporIoFlusher,
    };
}

/// <summary>The speculative misfeatures that PR_SET_SPECULATION_CTRL knows, by number.</summary>
internal static class SpeculationControls
{
    /// <summary>The thread may choose; without it the other bits are the machine's state.</summary>
    public const uint PR_SPEC_PRCTL = 1;

    public static IReadOnlyList<string> Names { get; } = ["speculative store bypass", "indirect branch speculation", "L1 data cache flush"];

    public static int Count => Names.Count;
}
