using Google.Protobuf;
using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Linux.ProcFs;
using Torpor.Model;
using Torpor.Tracing;

namespace Torpor.Slices.Signals;

/// <summary>Signal actions, masks, alternate stacks and the queues of pending signals.</summary>
internal sealed class SignalsSlice : ISlice
{
    private const int LastSignal = 64;
    private const int SIGKILL = 9;
    private const int SIGSTOP = 19;
    private const int SigInfoSize = 128;

    public string Name => "signals";

    private static IEnumerable<int> ActionSignals => Enumerable.Range(1, LastSignal).Where(s => s is not SIGKILL and not SIGSTOP);

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
        task.BlkSigset = context.Leader.Snapshot.SignalMask;
        ProcStatus status = context.Proc.Status();
        task.SignalsS = Queue(context.Leader.Tracee.PeekSignals(shared: true), status.ShdPnd);
        for (int i = 0; i < context.Threads.Count; i++)
        {
            CapturedThread thread = context.Threads[i];
            ThreadCoreEntry core = thread.Core.ThreadCore ??= new();
            core.BlkSigset = thread.Snapshot.SignalMask;
            core.Sas = AlternateStackState.Decode(thread.Answers![questions.Stacks[i]]).ToImage();
            core.SignalsP = Queue(thread.Tracee.PeekSignals(shared: false), thread.Proc.Status().SigPnd);
        }
    }

    public void Compile(RestoreContext context)
    {
        CompileActions(context);
        foreach (RestoredThread thread in context.Threads)
        {
            if (thread.Core.ThreadCore?.Sas is { } stack)
                thread.Program.Call("set the alternate signal stack", SyscallNumber.sigaltstack, thread.Program.Data(AlternateStackState.FromImage(stack).Encode()), 0);
        }
    }

    /// <summary>Queues what was pending. The engine calls this last of all that a thread does: everything is blocked, but nothing may follow that could be interrupted.</summary>
    internal static void CompilePending(RestoreContext context)
    {
        uint pid = context.Images.Process.Pid;
        foreach (byte[] info in Infos(context.Leader.Core.Tc?.SignalsS))
            context.Leader.Program.Call("queue a pending signal", SyscallNumber.rt_sigqueueinfo, pid, BitConverter.ToInt32(info), context.Leader.Program.Data(info));
        foreach (RestoredThread thread in context.Threads)
        {
            foreach (byte[] info in Infos(thread.Core.ThreadCore?.SignalsP))
                thread.Program.Call("queue a pending signal", SyscallNumber.rt_tgsigqueueinfo, pid, thread.InnerTid, BitConverter.ToInt32(info), thread.Program.Data(info));
        }
    }

    private static void CompileActions(RestoreContext context)
    {
        IList<SaEntry> actions = context.Leader.Core.Tc?.Sigactions ?? [];
        int index = 0;
        foreach (int signal in ActionSignals)
        {
            if (index >= actions.Count)
                break;
            byte[] action = SignalActionState.FromImage(actions[index++]).Encode();
            context.Process.Call($"set the action of signal {signal}", SyscallNumber.rt_sigaction, signal, context.Process.Data(action), 0, sizeof(ulong));
        }
    }

    private static SignalQueueEntry Queue(IReadOnlyList<byte[]> infos, ulong pending)
    {
        var queue = new SignalQueueEntry();
        foreach (byte[] info in infos)
        {
            queue.Signals.Add(new SiginfoEntry { Siginfo = ByteString.CopyFrom(info) });
            int signal = BitConverter.ToInt32(info);
            if (signal is > 0 and <= LastSignal)
                pending &= ~(1UL << (signal - 1));
        }
        // A signal sent when the queue was full is pending without a siginfo; the receiver sees SI_USER and pid 0.
        for (int signal = 1; signal <= LastSignal; signal++)
        {
            if ((pending & (1UL << (signal - 1))) == 0)
                continue;
            byte[] info = new byte[SigInfoSize];
            BitConverter.TryWriteBytes(info, signal);
            queue.Signals.Add(new SiginfoEntry { Siginfo = ByteString.CopyFrom(info) });
        }
        return queue;
    }

    private static IEnumerable<byte[]> Infos(SignalQueueEntry? queue)
    {
        foreach (SiginfoEntry entry in queue?.Signals ?? [])
        {
            if (entry.Siginfo.Length is < sizeof(int) or > SigInfoSize)
                throw new TorporException(FailureKind.ImageDamaged, $"a pending signal's siginfo has {entry.Siginfo.Length} bytes instead of {SigInfoSize}");
            byte[] info = new byte[SigInfoSize];
            entry.Siginfo.CopyTo(info, 0);
            yield return info;
        }
    }

    private sealed class Questions
    {
        public List<DataReference> Actions { get; } = [];

        public List<DataReference> Stacks { get; } = [];
    }
}

/// <summary>The queues of pending signals: restored after everything else.</summary>
internal sealed class PendingSignalsSlice : ISlice
{
    public string Name => "pending signals";

    public void Compile(RestoreContext context) => SignalsSlice.CompilePending(context);
}
