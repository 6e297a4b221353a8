using System.Buffers.Binary;
using Torpor.Linux;
using Torpor.Tracing;
using static Torpor.Linux.Uapi.Sched;

namespace Torpor.Slices.Scheduling;

/// <summary>What a restored thread starts with and how far it may go.</summary>
/// <param name="State">The tool's own scheduling, which is inherited.</param>
/// <param name="Online">The machine's processors; null when nothing tells.</param>
/// <param name="MayRaise">It holds CAP_SYS_NICE outside of any user namespace of its own.</param>
/// <param name="NiceLimit">RLIMIT_NICE: 20 minus the lowest nice value allowed.</param>
/// <param name="RealTimeLimit">RLIMIT_RTPRIO.</param>
internal sealed record OwnScheduling(SchedulingState State, ProcessorSet? Online, bool MayRaise, ulong NiceLimit, ulong RealTimeLimit);

/// <summary>The steps that set an image's scheduling where it is not what the tool hands down.</summary>
internal sealed class SchedulingRestore(OwnScheduling own, ICollection<string> notes)
{
    private const int LowestNice = -20;
    private const int HighestNice = 19;
    private const int HighestPriority = 99;

    /// <summary>SCHED_ATTR_SIZE_VER0: what every kernel knows.</summary>
    private const int AttributesSize = 48;

    private const uint IOPRIO_CLASS_RT = 1;
    private const uint IOPRIO_CLASS_BE = 2;

    private const string Remedy = "restore it as root";

    public void Compile(SyscallProgram program, uint tid, SchedulingState state)
    {
        Check(tid, state);
        if (state.Affinity is { } affinity)
            CompileAffinity(program, tid, affinity);
        if (state.IoPriority is { } priority && priority != own.State.IoPriority && !(FollowsNice(state) && FollowsNice(own.State)))
            program.Call($"set the I/O priority to class {priority >> IOPRIO_CLASS_SHIFT}", SyscallNumber.ioprio_set, IOPRIO_WHO_PROCESS, 0, priority);
        ulong flags = state.Flags & SCHED_FLAG_RESET_ON_FORK;
        if (state.Policy == own.State.Policy && state.Nice == own.State.Nice && state.Priority == own.State.Priority && flags == (own.State.Flags & SCHED_FLAG_RESET_ON_FORK))
            return;
        byte[] attributes = new byte[AttributesSize];
        BinaryPrimitives.WriteInt32LittleEndian(attributes, AttributesSize);
        BinaryPrimitives.WriteUInt32LittleEndian(attributes.AsSpan(4), state.Policy);
        BinaryPrimitives.WriteUInt64LittleEndian(attributes.AsSpan(8), flags);
        BinaryPrimitives.WriteInt32LittleEndian(attributes.AsSpan(16), state.Nice);
        BinaryPrimitives.WriteUInt32LittleEndian(attributes.AsSpan(20), state.Priority);
        program.Call($"set the scheduling to {Describe(state)}", SyscallNumber.sched_setattr, 0, program.Data(attributes), 0);
    }

    private void Check(uint tid, SchedulingState state)
    {
        bool realTime = IsRealTime(state);
        if (state.Policy is not (SCHED_NORMAL or SCHED_FIFO or SCHED_RR or SCHED_BATCH or SCHED_IDLE))
            throw new TorporException(FailureKind.Refused, $"thread {tid} has scheduling policy {state.Policy}, which is not supported");
        if (state.Nice is < LowestNice or > HighestNice || (realTime ? state.Priority is < 1 or > HighestPriority : state.Priority != 0))
            throw new TorporException(FailureKind.ImageDamaged, $"thread {tid} has a priority that is none: {Describe(state)}");
        if (own.MayRaise)
            return;
        if (realTime && state.Priority > Math.Max(own.RealTimeLimit, own.State.Priority))
        {
            throw new TorporException(FailureKind.PrivilegeMissing, $"thread {tid} was scheduled as {Describe(state)}, which needs CAP_SYS_NICE or a higher real-time limit",
                $"{Remedy}, or from a session where ulimit -r is at least {state.Priority}");
        }
        bool leavesIdle = own.State.Policy == SCHED_IDLE && state.Policy != SCHED_IDLE;
        if ((state.Nice < own.State.Nice || leavesIdle) && (ulong)(20 - state.Nice) > own.NiceLimit)
        {
            throw new TorporException(FailureKind.PrivilegeMissing, $"thread {tid} had the nice value {state.Nice}; going below torpor's own {own.State.Nice} needs CAP_SYS_NICE",
                $"{Remedy}, or start torpor with that nice value");
        }
        if (state.IoPriority is { } priority && priority != own.State.IoPriority && priority >> IOPRIO_CLASS_SHIFT == IOPRIO_CLASS_RT)
            throw new TorporException(FailureKind.PrivilegeMissing, $"thread {tid} had real-time I/O priority, which needs CAP_SYS_NICE", Remedy);
    }

    private void CompileAffinity(SyscallProgram program, uint tid, ProcessorSet wanted)
    {
        if (!wanted.IsSane)
            throw new TorporException(FailureKind.ImageDamaged, $"thread {tid} is bound to more processors than any machine has");
        if (wanted.IsEmpty || wanted.Equals(own.State.Affinity))
            return;
        if (own.Online is { } online)
        {
            ProcessorSet possible = wanted.Intersect(online);
            if (possible.IsEmpty)
            {
                notes.Add($"thread {tid} was bound to processors {wanted}, none of which this machine has; it runs where torpor may");
                return;
            }
            if (own.State.Affinity is { } present && possible.Equals(present.Intersect(online)))
                return;
        }
        program.Call($"bind the thread to processors {wanted}", SyscallNumber.sched_setaffinity, 0, wanted.Bytes.Length, program.Data(wanted.Bytes));
    }

    /// <summary>Where none was set, newer kernels tell the one that follows from the nice value, see ioprio_set(2).</summary>
    private static bool FollowsNice(SchedulingState state) =>
        state.IoPriority is 0 || state.IoPriority == ((IOPRIO_CLASS_BE << IOPRIO_CLASS_SHIFT) | (uint)((state.Nice + 20) / 5));

    private static bool IsRealTime(SchedulingState state) => state.Policy is SCHED_FIFO or SCHED_RR;

    private static string Describe(SchedulingState state) => state.Policy switch
    {
        SCHED_FIFO => $"first in, first out with priority {state.Priority}",
        SCHED_RR => $"round robin with priority {state.Priority}",
        SCHED_BATCH => $"batch with nice value {state.Nice}",
        SCHED_IDLE => $"idle with nice value {state.Nice}",
        _ => $"normal with nice value {state.Nice}",
    };
}
