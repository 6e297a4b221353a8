using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Linux.ProcFs;
using Torpor.Model;
using Torpor.Tracing;
using static Torpor.Linux.Uapi.Capability;
using static Torpor.Linux.Uapi.Resource;
using static Torpor.Linux.Uapi.Sched;

namespace Torpor.Slices.Scheduling;

/// <summary>Each thread's scheduling policy and priority, processors and I/O priority.</summary>
internal sealed class SchedulingSlice : ISlice
{
    public string Name => "scheduling";

    public void Inspect(CaptureContext context)
    {
        foreach (CapturedThread thread in context.Threads)
        {
            uint policy = ProcessCalls.GetScheduling(thread.Tid).sched_policy;
            if (policy == SCHED_DEADLINE)
                context.Refusals.Add($"thread {thread.InnerTid}", "is scheduled by deadline (SCHED_DEADLINE), which is not supported", "give it another policy with chrt");
            else if (policy is not (SCHED_NORMAL or SCHED_FIFO or SCHED_RR or SCHED_BATCH or SCHED_IDLE))
                context.Refusals.Add($"thread {thread.InnerTid}", $"has scheduling policy {policy}, which is not supported", "give it another policy with chrt");
        }
    }

    public void Capture(CaptureContext context)
    {
        foreach (CapturedThread thread in context.Threads)
            SchedulingState.Of(thread.Tid).ToImage(thread.Core.ThreadCore ??= new ThreadCoreEntry());
    }

    public void Compile(RestoreContext context)
    {
        var restore = new SchedulingRestore(Own(context.Privilege), context.Notes);
        foreach (RestoredThread thread in context.Threads)
        {
            if (thread.Core.ThreadCore is { } core && SchedulingState.FromImage(core) is { } state)
                restore.Compile(thread.Program, thread.InnerTid, state);
        }
    }

    private static OwnScheduling Own(RestorePrivilege privilege)
    {
        bool userNamespace = privilege.PrivateNamespaces && !privilege.Root;
        bool mayRaise = !userNamespace && (ProcTask.Self.Status().CapEff & (1UL << CAP_SYS_NICE)) != 0;
        ProcLimits limits = ProcTask.Self.Limits();
        return new OwnScheduling(SchedulingState.Of(default), ProcessorSet.Online(), mayRaise, StubLimits.Of(RLIMIT_NICE, limits[RLIMIT_NICE]).Soft, StubLimits.Of(RLIMIT_RTPRIO, limits[RLIMIT_RTPRIO]).Soft);
    }
}
