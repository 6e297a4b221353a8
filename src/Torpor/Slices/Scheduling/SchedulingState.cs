using Google.Protobuf;
using Torpor.Images.Messages;
using Torpor.Linux;

namespace Torpor.Slices.Scheduling;

/// <summary>How a thread is scheduled, see sched(7).</summary>
internal sealed record SchedulingState
{
    /// <summary>SCHED_*.</summary>
    public required uint Policy { get; init; }

    /// <summary>From -20 to 19.</summary>
    public required int Nice { get; init; }

    /// <summary>Of a real-time policy, 1 to 99; else 0.</summary>
    public required uint Priority { get; init; }

    /// <summary>SCHED_FLAG_*.</summary>
    public ulong Flags { get; init; }

    /// <summary>Null where the image does not tell.</summary>
    public ProcessorSet? Affinity { get; init; }

    /// <summary>Class and level as of ioprio_set(2); null where the image does not tell.</summary>
    public uint? IoPriority { get; init; }

    public static SchedulingState Of(Tid thread)
    {
        SchedulingAttributes attributes = ProcessCalls.GetScheduling(thread);
        return new SchedulingState
        {
            Policy = attributes.sched_policy,
            Nice = attributes.sched_nice,
            Priority = attributes.sched_priority,
            Flags = attributes.sched_flags,
            Affinity = new ProcessorSet(ProcessCalls.GetAffinity(thread)),
            IoPriority = (uint)ProcessCalls.GetIoPriority(thread),
        };
    }

    public void ToImage(ThreadCoreEntry core)
    {
        core.SchedPolicy = Policy;
        core.SchedNice = Nice;
        core.SchedPrio = Priority;
        core.TorporSchedFlags = Flags;
        if (Affinity is { } affinity)
            core.TorporAffinity = ByteString.CopyFrom(affinity.Bytes);
        if (IoPriority is { } priority)
            core.TorporIoPriority = priority;
    }

    /// <summary>Null where the image does not tell.</summary>
    public static SchedulingState? FromImage(ThreadCoreEntry core) => !core.HasSchedPolicy ? null : new SchedulingState
    {
        Policy = core.SchedPolicy,
        Nice = core.SchedNice,
        Priority = core.SchedPrio,
        Flags = core.TorporSchedFlags,
        Affinity = core.HasTorporAffinity ? new ProcessorSet(core.TorporAffinity.ToByteArray()) : null,
        IoPriority = core.HasTorporIoPriority ? core.TorporIoPriority : null,
    };
}
