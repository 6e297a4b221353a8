using Torpor.Linux;
using Torpor.Linux.Uapi;

namespace Torpor.Tracing;

/// <summary>A thread that runs the interpreter, as its tracer sees it.</summary>
public static class InterpreterRun
{
    private const int SIGTRAP = 5;
    private const int SIGILL = 4;
    private const int SIGBUS = 7;
    private const int SIGFPE = 8;
    private const int SIGSEGV = 11;
    private const int SIGSYS = 31;
    private const int SIGSTOP = 19;

    /// <summary>Sets the thread off at a record. The thread runs when this returns.</summary>
    /// <param name="tracee">The stopped thread.</param>
    /// <param name="registers">Its registers; the interpreter's are put into them.</param>
    /// <param name="code">Where the interpreter's code is.</param>
    /// <param name="record">The first record.</param>
    /// <param name="stackPointer">Where rt_sigreturn finds its frame; nothing else uses the stack.</param>
    /// <param name="completion">The signal that reports the end, or <see cref="CompletionSignal.None"/>.</param>
    public static void Start(Tracee tracee, Registers registers, RemoteAddress code, RemoteAddress record, RemoteAddress stackPointer, int completion)
    {
        registers.EnterInterpreter(code, record);
        registers.StackPointer = stackPointer;
        // Ordering: registers first, then the mask, because the frame that the registers lead to puts the mask back
        // should we die between the two.
        tracee.SetRegisters(registers);
        tracee.SetSignalMask(CompletionSignal.MaskAllBut(completion));
        Resume(tracee, completion, 0);
    }

    /// <summary>Waits until the thread has run the record before <paramref name="end"/>, or stands at <paramref name="end"/>.</summary>
    /// <param name="tracee">The running thread.</param>
    /// <param name="completion">The signal given to <see cref="Start"/>.</param>
    /// <param name="done">The record that sends the signal.</param>
    /// <param name="defer">Told of a stop signal that came meanwhile, to be sent again.</param>
    /// <param name="cloned">Told of each task that the thread clones, by its id in our pid namespace.</param>
    /// <returns>The registers at the end: the interpreter stands at <paramref name="done"/> or, after a surprise, at the failed record.</returns>
    public static Registers WaitForEnd(Tracee tracee, int completion, RemoteAddress done, Action<Tid, int> defer, Action<Tid>? cloned = null)
    {
        while (true)
        {
            WaitStatus status = tracee.WaitForStop();
            if (status.PtraceEvent != 0)
            {
                if (status.PtraceEvent is PtraceEvent.PTRACE_EVENT_CLONE or PtraceEvent.PTRACE_EVENT_FORK or PtraceEvent.PTRACE_EVENT_VFORK)
                    cloned?.Invoke(new Tid((int)Ptrace.GetEventMessage(tracee.Tid)));
                Resume(tracee, completion, 0);
                continue;
            }
            Registers registers = tracee.GetRegisters();
            if (status.IsSyscallStop)
            {
                // Only without a completion signal: the stop at the entry of the call behind the end mark.
                if (registers.InterpreterRecord.Value == done.Value + SyscallRecord.Size)
                    return LeaveSyscall(tracee, registers, defer);
                Resume(tracee, completion, 0);
                continue;
            }
            switch (status.StopSignal)
            {
                case int signal when signal == completion && registers.InterpreterRecord == done:
                    return registers;
                case SIGTRAP or SIGSEGV or SIGBUS or SIGILL or SIGFPE or SIGSYS:
                    return registers;
                case SIGSTOP:
                    defer(tracee.Tid, SIGSTOP);
                    break;
            }
            Resume(tracee, completion, 0);
        }
    }

    /// <summary>
    /// Takes a thread from the entry of a system call, which is skipped, to a stop outside of any. Registers that are
    /// set at an entry would have the kernel carry out the call that they name, though it was done long ago.
    /// </summary>
    private static Registers LeaveSyscall(Tracee tracee, Registers registers, Action<Tid, int> defer)
    {
        Registers skipped = registers;
        skipped.PendingSyscall = -1;
        tracee.SetRegisters(skipped);
        // Ordering: the interrupt first, because the thread must not reach user mode once it is let go.
        Ptrace.TryInterrupt(tracee.Tid);
        Ptrace.Cont(tracee.Tid, 0);
        for (WaitStatus status = tracee.WaitForStop(); status.PtraceEvent != PtraceEvent.PTRACE_EVENT_STOP; status = tracee.WaitForStop())
        {
            if (status.PtraceEvent == 0 && status.StopSignal == SIGSTOP)
                defer(tracee.Tid, SIGSTOP);
            Ptrace.Cont(tracee.Tid, 0);
        }
        return registers;
    }

    /// <summary>True when the run ended at the end mark rather than at a surprise.</summary>
    public static bool Completed(Registers registers, RemoteAddress done) =>
        registers.InterpreterRecord == done || registers.InterpreterRecord.Value == done.Value + SyscallRecord.Size;

    private static void Resume(Tracee tracee, int completion, int signal)
    {
        if (completion == CompletionSignal.None)
            Ptrace.ContToSyscall(tracee.Tid, signal);
        else
            Ptrace.Cont(tracee.Tid, signal);
    }
}
