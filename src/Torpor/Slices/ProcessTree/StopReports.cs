using System.Runtime.InteropServices;
using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Model;
using Torpor.Tracing;
using static Torpor.Linux.Uapi.Signal;
using static Torpor.Linux.Uapi.Wait;

namespace Torpor.Slices.ProcessTree;

/// <summary>
/// Stops and continuations of children, of which wait(2) tells the parent once each. Only the parent itself can ask whether
/// it has been told.
/// </summary>
internal static class StopReports
{
    private const int SigInfoSize = 128;
    private const int CLD_STOPPED = 5;
    private const int CLD_CONTINUED = 6;

    /// <summary>Has a process ask about its children without taking the answer away from itself.</summary>
    public static void Ask(CaptureContext parent)
    {
        var questions = new Questions();
        foreach (CaptureContext child in parent.Tree.Processes.Where(process => process.Parent == parent.Pid))
        {
            DataReference info = parent.Leader.Query.Space(SigInfoSize);
            parent.Leader.Query.Call($"ask whether a stop of child {child.InnerPid} has been told", Expectation.Any, SyscallNumber.waitid,
                P_PID, child.InnerPid, info, WSTOPPED | WCONTINUED | WNOHANG | WNOWAIT | __WALL, 0);
            questions.Children.Add(child.Pid, info);
        }
        parent.State.Set(questions);
    }

    public static void Capture(CaptureContext process, TaskCoreEntry core)
    {
        if (process.Tree.Find(process.Parent) is not { } parent)
            return;
        byte[] answer = parent.Leader.Answers![parent.State.Get<Questions>().Children[process.Pid]].ToArray();
        // siginfo_t: si_signo, si_errno, si_code, a gap, si_pid, si_uid, si_status; all zero when there is nothing to tell.
        ReadOnlySpan<int> words = MemoryMarshal.Cast<byte, int>(answer);
        switch (words[2])
        {
            case CLD_STOPPED:
                core.TaskState = ProcessImages.TaskStopped;
                core.StopSigno = (uint)words[6];
                core.TorporStopUntold = true;
                break;
            // Continued while the tree was being frozen, perhaps.
            case CLD_CONTINUED:
                core.TaskState = ProcessImages.TaskAlive;
                core.TorporContinuedUntold = true;
                break;
        }
    }

    /// <summary>The steps that stop a process, or stop and continue it, and have its parent hear what it has heard.</summary>
    public static IReadOnlyList<CreationStep> Compile(ProcessImages process)
    {
        TaskCoreEntry? core = process.LeaderCore.Tc;
        if (core?.TorporContinuedUntold == true)
            return [new CreationStep.Stop(process.Pid, SIGSTOP), new CreationStep.Continue(process.Pid), new CreationStep.Run(process.Pid, TakeContinuation(process.Pid))];
        if (!process.IsStopped)
            return [];
        if (core!.TorporStopUntold)
            return [new CreationStep.Stop(process.Pid, StopSignal(process.Pid, core.StopSigno))];
        return [new CreationStep.Stop(process.Pid, SIGSTOP), new CreationStep.Run(process.Process.Ppid, Hear(process.Pid))];
    }

    private static int StopSignal(uint pid, uint signal) => signal switch
    {
        SIGSTOP or SIGTSTP or SIGTTIN or SIGTTOU => (int)signal,
        0 => SIGSTOP,
        _ => throw new TorporException(FailureKind.ImageDamaged, $"signal {signal}, which stops nothing, has stopped process {pid}", "take the checkpoint again"),
    };

    private static SyscallProgram TakeContinuation(uint pid)
    {
        var program = new SyscallProgram($"continuation of {pid}");
        DataReference set = program.Data(BitConverter.GetBytes(1UL << (SIGCONT - 1)));
        program.Call("take SIGCONT", Expectation.Exactly(SIGCONT), SyscallNumber.rt_sigtimedwait, set, 0, program.Space(16), 8);
        return program;
    }

    private static SyscallProgram Hear(uint child)
    {
        var program = new SyscallProgram($"stop of {child}");
        program.Call($"hear of the stop of child {child}", SyscallNumber.waitid, P_PID, child, 0, WSTOPPED | WNOHANG | __WALL, 0);
        return program;
    }

    private sealed class Questions
    {
        public Dictionary<Pid, DataReference> Children { get; } = [];
    }
}
