using System.Text;
using Torpor.Linux;
using Torpor.Model;
using Torpor.Tracing;

namespace Torpor.Engine;

/// <summary>The compiled programs of one restore with their places in the task, and their run from first to last.</summary>
internal sealed class RestorePlan
{
    private readonly RestoreContext _context;
    private readonly StubLayout _layout;
    private readonly SyscallProgram _prelude;
    private readonly SyscallProgram _clone;
    private readonly int _completion;

    private RestorePlan(RestoreContext context, StubLayout layout)
    {
        _context = context;
        _layout = layout;
        _completion = PendingSignals.ChooseCompletion(context.Images);
        _prelude = Prelude(context, layout);
        _clone = Clone(context);
    }

    /// <summary>The room that the programs take up in the task, in bytes.</summary>
    public ulong Length { get; private set; }

    /// <summary>Closes the plan and gives each program its place.</summary>
    public static RestorePlan Lay(RestoreContext context, StubLayout layout)
    {
        // Ordering: last of the leader's steps, because files that were handed down are mapped and read until then.
        context.Process.Call("close handed-down descriptors", SyscallNumber.close_range, context.Descriptors.PassBase, uint.MaxValue, 0);
        var plan = new RestorePlan(context, layout);
        ulong next = layout.Programs.Value;
        foreach (SyscallProgram program in plan.Programs())
        {
            program.Base = new RemoteAddress(next);
            next += ((ulong)StubTask.LoadedLength(program) + 63) & ~63UL;
        }
        plan.Length = (next - layout.Programs.Value + 4095) & ~4095UL;
        if (plan.Length > layout.ProgramsLimit)
            throw new TorporException(FailureKind.Refused, $"the plan needs {plan.Length} bytes and the image's address space leaves {layout.ProgramsLimit}");
        return plan;
    }

    public void Run(RestoreSession session)
    {
        session.RunInLeader(_prelude);
        session.RunInLeader(_context.Process);
        session.CloneThreads(_clone, [.. _context.Threads.Skip(1).Select(t => t.InnerTid)]);
        session.RunInThreads([.. _context.Threads.Select(t => t.Program)], _completion);
        RemoteAddress instruction = SyscallInstruction.Find(session.Leader.Memory, _layout.Start, _layout.Programs + Length);
        session.RemoveReserved(instruction, Length);
        for (int i = 0; i < session.Threads.Count; i++)
        {
            ProcessorState state = _context.Threads[i].State ?? throw new InvalidOperationException("a thread without registers");
            Tracee tracee = session.Threads[i].Tracee;
            tracee.SetXState(state.XState(tracee.GetXState()));
            tracee.SetRegisters(state.Registers);
            tracee.SetSignalMask(state.SignalMask);
        }
    }

    public string Explain()
    {
        var text = new StringBuilder();
        foreach (SyscallProgram program in Programs())
            text.Append(program.Explain()).Append('\n');
        return text.ToString();
    }

    private IEnumerable<SyscallProgram> Programs() => [_prelude, _context.Process, _clone, .. _context.Threads.Select(t => t.Program)];

    private static SyscallProgram Prelude(RestoreContext context, StubLayout layout)
    {
        var program = new SyscallProgram("prelude");
        program.Call("unmap the stub", SyscallNumber.munmap, layout.Start, StubElf.Length);
        DescriptorTable descriptors = context.Descriptors;
        if (descriptors.PassBase > 0)
            program.Call("close inherited descriptors", SyscallNumber.close_range, 0, descriptors.PassBase - 1, 0);
        program.Call("close inherited descriptors", SyscallNumber.close_range, descriptors.PassBase + descriptors.Passed.Count, uint.MaxValue, 0);
        return program;
    }

    private static SyscallProgram Clone(RestoreContext context)
    {
        var program = new SyscallProgram("threads");
        foreach (RestoredThread thread in context.Threads.Skip(1))
            program.AddClone($"create thread {thread.InnerTid}", CloneArguments.Thread, exitSignal: 0, thread.InnerTid);
        return program;
    }
}
