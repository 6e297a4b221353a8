using Torpor.Linux;
using Torpor.Linux.Uapi;

namespace Torpor.Tracing;

/// <summary>A step of a plan did not go as planned.</summary>
public sealed class PlanFailedException(SyscallStep? step, SyscallResult result, string task)
    : Exception(step is null ? $"{task}: stopped at an unknown place" : $"{step.Purpose}: {result}")
{
    public SyscallStep? Step { get; } = step;

    public SyscallResult Result { get; } = result;

    public string Task { get; } = task;
}

/// <summary>A stopped task that belongs to the tool, from stub to restored thread: it runs programs to their end mark.</summary>
/// <param name="tracee">The task.</param>
/// <param name="pid">Its process, in our pid namespace.</param>
/// <param name="innerPid">Its process as it sees itself.</param>
/// <param name="innerTid">The task as it sees itself.</param>
public sealed class StubTask(Tracee tracee, Pid pid, uint innerPid, uint innerTid)
{
    private SyscallProgram? _program;
    private int _doneStep;
    private int _completion;

    public Tracee Tracee { get; } = tracee;

    public Pid Pid { get; } = pid;

    /// <summary>Its process as it sees itself.</summary>
    public uint InnerPid => innerPid;

    public RemoteMemory Memory { get; } = new(pid);

    /// <summary>How much a program takes up in the task, with its end mark.</summary>
    public static int LoadedLength(SyscallProgram program) => program.Size + SyscallRecord.Size;

    /// <summary>Appends the end mark and loads the program. Programs that jump into each other are placed before any is loaded.</summary>
    public void Load(SyscallProgram program, int completion)
    {
        _program = program;
        _completion = completion;
        _doneStep = program.Call("report the end", Expectation.Any, SyscallNumber.tgkill, innerPid, innerTid, completion).Index;
        Memory.Write(program.Base, program.Encode());
    }

    /// <summary>Sets the loaded program off.</summary>
    public void Start(RemoteAddress code) =>
        InterpreterRun.Start(Tracee, Tracee.GetRegisters(), code, _program!.Base, RemoteAddress.Null, _completion);

    /// <summary>Waits for the program's end.</summary>
    public void Finish(Action<Tid>? cloned = null)
    {
        RemoteAddress done = _program!.AddressOf(_doneStep);
        Registers end;
        try
        {
            end = InterpreterRun.WaitForEnd(Tracee, _completion, done, (_, _) => { }, cloned);
        }
        catch (TaskEndedException e)
        {
            throw new PlanFailedException(null, default, $"{_program.Name}: {e.Message}");
        }
        if (InterpreterRun.Completed(end, done))
            return;
        long step = (long)(end.FailedRecord.Value - _program.Base.Value) / SyscallRecord.Size;
        if (step < 0 || step >= _program.Steps.Count)
            throw new PlanFailedException(null, default, $"{_program.Name} ({end})");
        var result = new SyscallResult(Memory.Read<long>(_program.AddressOf((int)step) + SyscallRecord.ResultOffset));
        throw new PlanFailedException(_program.Steps[(int)step], result, _program.Name);
    }

    /// <summary>Loads and runs a program at its base.</summary>
    public void Run(SyscallProgram program, RemoteAddress code, int completion, Action<Tid>? cloned = null)
    {
        Load(program, completion);
        Start(code);
        Finish(cloned);
    }

    /// <summary>Loads and runs a program whose last call ends the process, by exit or by a signal; returns its status.</summary>
    public WaitStatus RunToEnd(SyscallProgram program, RemoteAddress code, int completion)
    {
        Load(program, completion);
        Start(code);
        while (true)
        {
            WaitStatus status = Ptrace.Wait(Tracee.Tid);
            if (status.Ended)
                return status;
            // The signal that is to end it stops it first, because it is traced.
            Ptrace.Cont(Tracee.Tid, status.PtraceEvent == 0 && !status.IsSyscallStop ? status.StopSignal : 0);
        }
    }

    /// <summary>
    /// Has the task make one system call at an existing system call instruction, without any code of ours, and stops behind
    /// it where signals are handled: there the kernel looks at an interrupted call that the registers are set to.
    /// </summary>
    public SyscallResult CallAt(RemoteAddress instruction, SyscallNumber number, params ReadOnlySpan<ulong> arguments)
    {
        Registers registers = Tracee.GetRegisters();
        registers.InstructionPointer = instruction;
        registers.SetSyscall(number, arguments);
        Tracee.SetRegisters(registers);
        for (int stops = 0; stops < 2;)
        {
            Ptrace.ContToSyscall(Tracee.Tid);
            if (Tracee.WaitForStop().IsSyscallStop)
                stops++;
        }
        var result = new SyscallResult(Tracee.GetRegisters().SyscallResult);
        // Ordering: the interrupt first, because the task must not reach user mode once it is let go.
        Ptrace.TryInterrupt(Tracee.Tid);
        do
            Ptrace.Cont(Tracee.Tid);
        while (Tracee.WaitForStop().PtraceEvent != PtraceEvent.PTRACE_EVENT_STOP);
        return result;
    }
}
