using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Model;
using Torpor.Tracing;
using static Torpor.Linux.Uapi.Prctl;

namespace Torpor.Slices.ProcessAttributes;

/// <summary>The questions to each thread, and what is made of the answers.</summary>
internal sealed class ThreadAttributesCapture
{
    private const uint PR_TSC_ENABLE = 1;

    private readonly List<Questions> _questions = [];

    public ThreadAttributesCapture(IReadOnlyList<CapturedThread> threads)
    {
        foreach (CapturedThread thread in threads)
            _questions.Add(Ask(thread.Query));
    }

    public void Capture(CaptureContext context)
    {
        uint leader = ProcessAttributesCapture.Personality(context.Leader.Proc);
        for (int i = 0; i < context.Threads.Count; i++)
        {
            CapturedThread thread = context.Threads[i];
            ProgramResult answers = thread.Answers!;
            Questions questions = _questions[i];
            uint tsc = answers[questions.TscStep].IsError ? PR_TSC_ENABLE : BitConverter.ToUInt32(answers[questions.Tsc]);
            uint personality = ProcessAttributesCapture.Personality(thread.Proc);
            var state = new ThreadAttributesState
            {
                Personality = personality == leader ? null : personality,
                TimeStampCounter = tsc == PR_TSC_ENABLE ? null : tsc,
                IoFlusher = answers[questions.IoFlusher].Raw == 1,
                TimerSlack = (ulong)answers[questions.TimerSlack].OrThrow("prctl PR_GET_TIMERSLACK"),
                MachineCheckKill = answers[questions.MachineCheckKill] is { IsError: false } kill ? (uint)kill.Raw : null,
                Speculation = [.. questions.Speculation.Select(s => answers[s].IsError ? 0 : (uint)answers[s].Raw)],
            };
            state.ToImage(thread.Core.ThreadCore ??= new ThreadCoreEntry());
        }
    }

    private static Questions Ask(SyscallProgram query)
    {
        DataReference tsc = query.Space(sizeof(int));
        StepReference tscStep = query.Call("ask about the time stamp counter", Expectation.Any, SyscallNumber.prctl, PR_GET_TSC, tsc);
        StepReference slack = query.Call("read the timer slack", SyscallNumber.prctl, PR_GET_TIMERSLACK);
        StepReference kill = query.Call("ask about machine checks", Expectation.Any, SyscallNumber.prctl, PR_MCE_KILL_GET, 0, 0, 0, 0);
        // Needs CAP_SYS_RESOURCE, without which nobody can have set it.
        StepReference flusher = query.Call("ask whether it flushes storage", Expectation.Any, SyscallNumber.prctl, PR_GET_IO_FLUSHER, 0, 0, 0, 0);
        List<StepReference> speculation = [];
        for (int which = 0; which < SpeculationControls.Count; which++)
            speculation.Add(query.Call($"ask about {SpeculationControls.Names[which]}", Expectation.Any, SyscallNumber.prctl, PR_GET_SPECULATION_CTRL, which, 0, 0, 0));
        return new Questions(tsc, tscStep, slack, kill, flusher, speculation);
    }

    private sealed record Questions(
        DataReference Tsc, StepReference TscStep, StepReference TimerSlack, StepReference MachineCheckKill, StepReference IoFlusher, IReadOnlyList<StepReference> Speculation);
}
