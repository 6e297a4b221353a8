using System.Text;
using Torpor.Linux;
using Torpor.Model;
using Torpor.Tracing;

namespace Torpor.Engine;

/// <summary>The compiled programs of one restore with their places in the tasks, and their run from first to last.</summary>
internal sealed class RestorePlan
{
    private readonly RestoreTree _tree;
    private readonly StubLayout _layout;
    private readonly SyscallProgram _prelude;
    private readonly Dictionary<RestoreContext, SyscallProgram> _clones = [];
    private readonly Dictionary<uint, RestoreContext> _contexts;

    private RestorePlan(RestoreTree tree, StubLayout layout)
    {
        _tree = tree;
        _layout = layout;
        _prelude = Prelude(tree, layout);
        _contexts = tree.Processes.ToDictionary(process => process.Images.Pid);
        foreach (RestoreContext process in tree.Processes)
            _clones.Add(process, CloneThreads(process));
    }

    /// <summary>The room that the programs take up in a task, in bytes.</summary>
    public ulong Length { get; private set; }

    /// <summary>Closes the plan and gives each program its place.</summary>
    public static RestorePlan Lay(RestoreTree tree, StubLayout layout)
    {
        CloseKept(tree);
        var plan = new RestorePlan(tree, layout);
        // The programs of one process's threads run side by side; all others run one after another, in the same place.
        foreach (SyscallProgram program in plan.Alone())
            plan.Lay([program]);
        foreach (RestoreContext process in tree.Processes)
            plan.Lay(process.Threads.Select(thread => thread.Program));
        if (plan.Length > layout.ProgramsLimit)
            throw new TorporException(FailureKind.Refused, $"the plan needs {plan.Length} bytes and the image's address space leaves {layout.ProgramsLimit}");
        return plan;
    }

    private void Lay(IEnumerable<SyscallProgram> programs)
    {
        ulong next = _layout.Programs.Value;
        foreach (SyscallProgram program in programs)
        {
            program.Base = new RemoteAddress(next);
            next += ((ulong)StubTask.LoadedLength(program) + 63) & ~63UL;
        }
        Length = Math.Max(Length, (next - _layout.Programs.Value + 4095) & ~4095UL);
    }

    /// <summary>Ordering: the last of each table's steps, because descriptors are put in place and used from there until then.</summary>
    private static void CloseKept(RestoreTree tree)
    {
        foreach (IGrouping<RestoreContext, RestoreContext> table in tree.Processes.GroupBy(process => process.DescriptorsOwner ?? process))
            table.Last().Process.Call("close handed-down descriptors", SyscallNumber.close_range, tree.Layout.Start, tree.Layout.End - 1, 0);
    }

    public void Run(RestoreSession session)
    {
        Dictionary<uint, StubProcess> tasks = new() { [_tree.Root.Images.Pid] = session.Root };
        session.Run(session.Root, _prelude);
        session.Run(session.Root, _tree.Opening);
        foreach (CreationStep step in _tree.Creation)
            Run(session, tasks, step);
        foreach (RestoreContext process in _tree.Processes)
            session.Run(tasks[process.Images.Pid], process.Process);
        foreach (RestoreContext process in _tree.Processes)
            RunThreads(session, tasks[process.Images.Pid], process);
        foreach (RestoreContext process in _tree.Processes.Where(process => process.MemoryOwner is null))
        {
            StubProcess task = tasks[process.Images.Pid];
            session.RemoveReserved(task, SyscallInstruction.Find(task.Leader.Memory, _layout.Start, _layout.Programs + Length), Length);
        }
        foreach (RestoreContext process in _tree.Processes)
            SetRegisters(tasks[process.Images.Pid], process);
    }

    private void Run(RestoreSession session, Dictionary<uint, StubProcess> tasks, CreationStep step)
    {
        StubProcess task = tasks[step.Task];
        switch (step)
        {
            case CreationStep.Fork clone:
                tasks[clone.Child] = session.Clone(task, clone.Child, clone.Flags, clone.ExitSignal);
                break;
            case CreationStep.Build:
                session.Run(task, _contexts[step.Task].Memory);
                break;
            case CreationStep.Run run:
                session.Run(task, run.Program);
                break;
            case CreationStep.End end:
                session.RunToEnd(task, end.Program, end.Status);
                tasks.Remove(step.Task);
                break;
            case CreationStep.Stop stop:
                RestoreSession.Stop(task, stop.Signal);
                break;
            case CreationStep.Continue:
                RestoreSession.Continue(task);
                break;
        }
    }

    private void RunThreads(RestoreSession session, StubProcess task, RestoreContext process)
    {
        session.CloneThreads(task, _clones[process], [.. process.Threads.Skip(1).Select(t => t.InnerTid)]);
        session.RunInThreads(task, [.. process.Threads.Select(t => t.Program)], PendingSignals.ChooseCompletion(process.Images));
    }

    private static void SetRegisters(StubProcess task, RestoreContext process)
    {
        for (int i = 0; i < task.Threads.Count; i++)
        {
            ProcessorState state = process.Threads[i].State ?? throw new InvalidOperationException("a thread without registers");
            Tracee tracee = task.Threads[i].Tracee;
            tracee.SetXState(state.XState(tracee.GetXState()));
            tracee.SetRegisters(state.Registers);
            tracee.SetSignalMask(state.SignalMask);
        }
    }

    public string Explain()
    {
        var text = new StringBuilder();
        foreach (SyscallProgram program in (IEnumerable<SyscallProgram>)[_prelude, _tree.Opening])
            text.Append(program.Explain()).Append('\n');
        foreach (CreationStep step in _tree.Creation)
        {
            text.Append(step switch
            {
                CreationStep.Fork clone => $"process {clone.Task} clones process {clone.Child}, flags 0x{clone.Flags:x}\n",
                CreationStep.Build => $"process {step.Task}, {_contexts[step.Task].Memory.Explain()}",
                CreationStep.Run run => $"process {step.Task}, {run.Program.Explain()}",
                CreationStep.End end => $"process {step.Task}, {end.Program.Explain()}",
                CreationStep.Stop stop => $"process {step.Task} is stopped by signal {stop.Signal}\n",
                CreationStep.Continue => $"process {step.Task} is continued\n",
                _ => throw new InvalidOperationException($"{step}"),
            }).Append('\n');
        }
        foreach (RestoreContext process in _tree.Processes)
        {
            foreach (SyscallProgram program in (IEnumerable<SyscallProgram>)[process.Process, _clones[process], .. process.Threads.Select(t => t.Program)])
                text.Append($"process {process.Images.Pid}, {program.Explain()}").Append('\n');
        }
        return text.ToString();
    }

    /// <summary>What runs while no other program is loaded in the same memory.</summary>
    private IEnumerable<SyscallProgram> Alone() =>
    [
        _prelude, _tree.Opening,
        .. _tree.Creation.OfType<CreationStep.Run>().Select(step => step.Program), .. _tree.Creation.OfType<CreationStep.End>().Select(step => step.Program),
        .. _tree.Processes.SelectMany(process => (SyscallProgram[])[process.Memory, process.Process, _clones[process]]),
    ];

    private static SyscallProgram Prelude(RestoreTree tree, StubLayout layout)
    {
        var program = new SyscallProgram("prelude");
        program.Call("unmap the stub", SyscallNumber.munmap, layout.Start, StubElf.Length);
        DescriptorLayout descriptors = tree.Layout;
        program.Call("close inherited descriptors", SyscallNumber.close_range, 0, descriptors.PassBase - 1, 0);
        program.Call("close inherited descriptors", SyscallNumber.close_range, descriptors.PassBase + descriptors.Passed.Count, uint.MaxValue, 0);
        return program;
    }

    private static SyscallProgram CloneThreads(RestoreContext process)
    {
        var program = new SyscallProgram("threads");
        foreach (RestoredThread thread in process.Threads.Skip(1))
            program.AddClone($"create thread {thread.InnerTid}", CloneArguments.Thread, exitSignal: 0, thread.InnerTid);
        return program;
    }
}
