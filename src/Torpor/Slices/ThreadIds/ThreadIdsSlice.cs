using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Model;
using Torpor.Tracing;
using static Torpor.Linux.Uapi.Prctl;

namespace Torpor.Slices.ThreadIds;

/// <summary>What the kernel remembers of each thread for the C library: clear_child_tid, the robust list, its name, its parent-death signal.</summary>
internal sealed class ThreadIdsSlice : ISlice
{
    private const int RobustListHeadSize = 24;

    public string Name => "thread ids";

    public void Ask(CaptureContext context)
    {
        var questions = new List<(StepReference, DataReference, DataReference)>();
        foreach (CapturedThread thread in context.Threads)
        {
            DataReference address = thread.Query.Space(sizeof(ulong));
            DataReference signal = thread.Query.Space(sizeof(int));
            StepReference step = thread.Query.Call("read clear_child_tid", Expectation.Any, SyscallNumber.prctl, PR_GET_TID_ADDRESS, address);
            thread.Query.Call("read the parent-death signal", SyscallNumber.prctl, PR_GET_PDEATHSIG, signal);
            questions.Add((step, address, signal));
        }
        context.State.Set(questions);
    }

    public void Capture(CaptureContext context)
    {
        List<(StepReference Step, DataReference Address, DataReference Signal)> questions = context.State.Get<List<(StepReference, DataReference, DataReference)>>();
        for (int i = 0; i < context.Threads.Count; i++)
        {
            CapturedThread thread = context.Threads[i];
            ProgramResult answers = thread.Answers!;
            answers[questions[i].Step].OrThrow("prctl(PR_GET_TID_ADDRESS), which needs a kernel with CONFIG_CHECKPOINT_RESTORE");
            thread.Core.ThreadInfo ??= new();
            thread.Core.ThreadInfo.ClearTidAddr = BitConverter.ToUInt64(answers[questions[i].Address]);
            ThreadCoreEntry core = thread.Core.ThreadCore ??= new();
            (RemoteAddress head, ulong length) = ProcessCalls.GetRobustList(thread.Tid);
            core.FutexRla = head.Value;
            core.FutexRlaLen = (uint)length;
            core.PdeathSig = BitConverter.ToUInt32(answers[questions[i].Signal]);
            ThreadName.ToImage(core, thread.Proc.ReadBytes("comm"));
        }
    }

    public void Compile(RestoreContext context)
    {
        foreach (RestoredThread thread in context.Threads)
        {
            SyscallProgram program = thread.Program;
            if (thread.Core.ThreadInfo is not { } info || thread.Core.ThreadCore is not { } core)
                throw new TorporException(FailureKind.ImageForeign, $"the image of thread {thread.InnerTid} lacks what an x86-64 thread has");
            program.Call("set clear_child_tid", Expectation.Exactly(thread.InnerTid), SyscallNumber.set_tid_address, info.ClearTidAddr);
            if (core.FutexRla != 0)
                program.Call("set the robust list", SyscallNumber.set_robust_list, core.FutexRla, RobustListHeadSize);
            program.Call("name the thread", SyscallNumber.prctl, PR_SET_NAME, program.Data(ThreadName.FromImage(thread.Core), 1));
            if (core.PdeathSig != 0)
                program.Call("set the parent-death signal", SyscallNumber.prctl, PR_SET_PDEATHSIG, core.PdeathSig);
        }
    }
}
