using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Model;
using Torpor.Tracing;

namespace Torpor.Slices.ThreadIds;

/// <summary>What the kernel remembers of each thread for the C library: clear_child_tid, the robust list, its name, its parent-death signal.</summary>
internal sealed class ThreadIdsSlice : ISlice
{
    private const int PR_SET_PDEATHSIG = 1;
    private const int PR_GET_PDEATHSIG = 2;
    private const int PR_SET_NAME = 15;
    private const int PR_GET_TID_ADDRESS = 40;
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
            core.Comm = thread.Proc.ReadText("comm").TrimEnd('\n');
        }
    }

    public void Compile(RestoreContext context)
    {
        foreach (RestoredThread thread in context.Threads)
        {
            SyscallProgram program = thread.Program;
            program.Call("set clear_child_tid", Expectation.Exactly(thread.InnerTid), SyscallNumber.set_tid_address, thread.Core.ThreadInfo.ClearTidAddr);
            ThreadCoreEntry core = thread.Core.ThreadCore ??= new();
            if (core.FutexRla != 0)
                program.Call("set the robust list", SyscallNumber.set_robust_list, core.FutexRla, RobustListHeadSize);
            program.Call("name the thread", SyscallNumber.prctl, PR_SET_NAME, program.Text(core.HasComm ? core.Comm : thread.Core.Tc?.Comm ?? ""));
            if (core.PdeathSig != 0)
                program.Call("set the parent-death signal", SyscallNumber.prctl, PR_SET_PDEATHSIG, core.PdeathSig);
        }
    }
}
