using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Model;
using Torpor.Tracing;
using static Torpor.Linux.Uapi.Signal;

namespace Torpor.Slices.Signals;

/// <summary>Signal actions, masks and alternate stacks; at capture also the queues, which <see cref="PendingSignalsSlice"/> brings back.</summary>
internal sealed class SignalsSlice : ISlice
{
    public string Name => "signals";

    /// <summary>The images list actions in this order, without the two signals whose action can't be set.</summary>
    internal static IReadOnlyList<int> ActionSignals { get; } = [.. Enumerable.Range(1, NSIG).Where(s => s is not SIGKILL and not SIGSTOP)];

    public void Inspect(CaptureContext context)
    {
        ulong pending = context.Threads.Aggregate(context.Proc.Status().ShdPnd, (set, thread) => set | thread.Proc.Status().SigPnd);
        // It can't be blocked, so it can't be put back into a queue: the restored process gets it last of all.
        context.StopPending |= (pending & (1UL << (SIGSTOP - 1))) != 0;
    }

    public void Ask(CaptureContext context)
    {
        var questions = new Questions();
        SyscallProgram leader = context.Leader.Query;
        foreach (int signal in ActionSignals)
        {
            DataReference old = leader.Space(SignalActionState.KernelSize);
            leader.Call($"read the action of signal {signal}", SyscallNumber.rt_sigaction, signal, 0, old, sizeof(ulong));
            questions.Actions.Add(old);
        }
        foreach (CapturedThread thread in context.Threads)
        {
            DataReference old = thread.Query.Space(AlternateStackState.KernelSize);
            thread.Query.Call("read the alternate signal stack", SyscallNumber.sigaltstack, 0, old);
            questions.Stacks.Add(old);
        }
        context.State.Set(questions);
    }

    public void Capture(CaptureContext context)
    {
        Questions questions = context.State.Get<Questions>();
        TaskCoreEntry task = context.Leader.Core.Tc ??= new();
        foreach (DataReference answer in questions.Actions)
            task.Sigactions.Add(SignalActionState.Decode(context.Leader.Answers![answer]).ToImage());
        if (context.StopPending)
            task.TorporStopPending = true;
        task.BlkSigset = context.Leader.Snapshot.SignalMask;
        PendingQueues queues = PendingQueues.Of(context);
        task.SignalsS = PendingQueueImage.ToImage(queues.Shared, context.Proc.Status().ShdPnd);
        for (int i = 0; i < context.Threads.Count; i++)
        {
            CapturedThread thread = context.Threads[i];
            ThreadCoreEntry core = thread.Core.ThreadCore ??= new();
            core.BlkSigset = thread.Snapshot.SignalMask;
            core.Sas = AlternateStackState.Decode(thread.Answers![questions.Stacks[i]]).ToImage();
            core.SignalsP = PendingQueueImage.ToImage(queues.Threads[i], thread.Proc.Status().SigPnd);
        }
    }

    public void Compile(RestoreContext context)
    {
        IList<SaEntry> actions = context.Leader.Core.Tc?.Sigactions ?? [];
        if (actions.Count != ActionSignals.Count)
            throw new TorporException(FailureKind.ImageForeign, $"the image holds the actions of {actions.Count} signals instead of {ActionSignals.Count}");
        foreach ((int signal, SaEntry action) in ActionSignals.Zip(actions))
        {
            DataReference data = context.Process.Data(SignalActionState.FromImage(action).Encode());
            context.Process.Call($"set the action of signal {signal}", SyscallNumber.rt_sigaction, signal, data, 0, sizeof(ulong));
        }
        foreach (RestoredThread thread in context.Threads)
        {
            if (thread.Core.ThreadCore?.Sas is { } stack)
                thread.Program.Call("set the alternate signal stack", SyscallNumber.sigaltstack, thread.Program.Data(AlternateStackState.FromImage(stack).Encode()), 0);
        }
    }

    private sealed class Questions
    {
        public List<DataReference> Actions { get; } = [];

        public List<DataReference> Stacks { get; } = [];
    }
}
