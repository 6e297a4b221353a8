using Torpor.Linux;
using Torpor.Linux.Uapi;

namespace Torpor.Tracing;

/// <summary>What kind of task a restore makes.</summary>
public sealed record SessionOptions
{
    public required StubLayout Layout { get; init; }

    /// <summary>The root process's id as it will see itself.</summary>
    public required uint InnerPid { get; init; }

    /// <summary>Give it a pid namespace, a mount namespace with its own /proc, and a time namespace.</summary>
    public required bool PrivateNamespaces { get; init; }

    /// <summary>Mount pseudo-terminals of its own.</summary>
    public bool PrivateTerminals { get; init; }

    /// <summary>Give it a user namespace too: what makes the others possible without privilege.</summary>
    public required bool UserNamespace { get; init; }

    public required uint Uid { get; init; }

    public required uint Gid { get; init; }

    /// <summary>Capabilities to hold while the plan runs.</summary>
    public required ulong Capabilities { get; init; }

    public required IReadOnlyList<Fd> Passed { get; init; }

    public required int PassBase { get; init; }

    /// <summary>Seccomp filters that the plan installs take effect at the commit only. Needs CAP_SYS_ADMIN in the initial user namespace.</summary>
    public bool SuspendSeccomp { get; init; }

    /// <summary>The clocks' readings to go on from; null leaves the clocks alone.</summary>
    public (TimeSpan Monotonic, TimeSpan Boottime)? Clocks { get; init; }
}

/// <summary>
/// The tasks of one restore from the first stub to the commit. Until <see cref="Commit"/>, disposing kills all of them,
/// and so does the kernel when this process dies.
/// </summary>
public sealed class RestoreSession : IDisposable
{
    private const int SIGKILL = 9;
    private const int SIGCONT = 18;
    private const int SIGSTOP = 19;

    /// <summary>Ends each run. Any signal would do: the tracer drops it, and until the last program no other is sent.</summary>
    private const int Completion = 23;

    private readonly SessionOptions _options;
    private readonly RemoteAddress _stubCode;
    private readonly List<StubProcess> _processes = [];
    private StubTask _stub = null!;
    private StubTask? _init;
    private bool _committed;

    private RestoreSession(SessionOptions options)
    {
        _options = options;
        _stubCode = StubElf.Interpreter(options.Layout.Start);
    }

    public StubProcess Root => _processes[0];

    /// <summary>Starts the root process: alone in its address space with the reserved range and the parked vDSO.</summary>
    public static RestoreSession Start(SessionOptions options, ulong programsLength)
    {
        var session = new RestoreSession(options);
        try
        {
            session.StartStub();
            if (options.PrivateNamespaces)
                session.EnterNamespaces();
            session.CloneRoot();
            session.Bootstrap(programsLength);
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>Runs a program in a process's leader, alone.</summary>
    public void Run(StubProcess process, SyscallProgram program) => process.Leader.Run(program, _options.Layout.Code, Completion);

    /// <summary>Has a process clone another one, which is stopped before its first instruction.</summary>
    /// <param name="creator">The process that clones.</param>
    /// <param name="innerPid">The new process's id as it sees itself.</param>
    /// <param name="flags">CLONE_*.</param>
    /// <param name="exitSignal">What its parent gets at its end.</param>
    public StubProcess Clone(StubProcess creator, uint innerPid, ulong flags, int exitSignal)
    {
        var program = new SyscallProgram("clone") { Base = _options.Layout.Programs };
        program.AddClone($"create process {innerPid}", flags, exitSignal, innerPid);
        var process = new StubProcess(RunClone(creator.Leader, program, _options.Layout.Code, innerPid));
        _processes.Add(process);
        return process;
    }

    private static StubTask RunClone(StubTask creator, SyscallProgram program, RemoteAddress code, uint innerPid)
    {
        List<Tid> created = [];
        creator.Run(program, code, Completion, created.Add);
        var tracee = new Tracee(created[0]);
        tracee.WaitForStop();
        return new StubTask(tracee, new Pid(created[0].Value), innerPid, innerPid);
    }

    /// <summary>Runs a program that ends with the process's end, and waits for that; its parent in the tree learns of it.</summary>
    /// <param name="process">The process.</param>
    /// <param name="program">The program.</param>
    /// <param name="expected">The status that it must end with, in the form of wait(2).</param>
    public void RunToEnd(StubProcess process, SyscallProgram program, int expected)
    {
        WaitStatus status = process.Leader.RunToEnd(program, _options.Layout.Code, Completion);
        _processes.Remove(process);
        if ((status.Raw & 0xff7f) != expected)
            throw new PlanFailedException(null, default, $"{program.Name}: the process {status}");
    }

    /// <summary>
    /// Stops a process that has one thread by a signal, as job control does. It can go on running programs, because it is
    /// traced; what its parent is told of it, and what becomes of it once it is let go, is as if it did not.
    /// </summary>
    /// <param name="process">The process.</param>
    /// <param name="signal">SIGSTOP, SIGTSTP, SIGTTIN or SIGTTOU; SIGSTOP takes the place of one that does not stop it, because its group is orphaned.</param>
    public static void Stop(StubProcess process, int signal)
    {
        if (!TryStop(process.Leader.Tracee, process.Leader.Pid, signal) && !TryStop(process.Leader.Tracee, process.Leader.Pid, SIGSTOP))
            throw new PlanFailedException(null, default, $"process {process.Leader.InnerPid}: signal {signal} does not stop it");
        process.IsStopped = true;
    }

    private static bool TryStop(Tracee tracee, Pid pid, int signal)
    {
        tracee.SetSignalMask(~(1UL << (signal - 1)));
        Syscall.Invoke(SyscallNumber.kill, pid.Value, SIGSTOP).OrThrow($"stop process {pid}");
        WaitStatus status;
        do
        {
            Ptrace.Cont(tracee.Tid);
            status = tracee.WaitForStop();
        }
        while (status.PtraceEvent != 0 || status.StopSignal != SIGSTOP);
        // Ordering: the interrupt first, because the task must not reach user mode where the signal does nothing.
        Ptrace.TryInterrupt(tracee.Tid);
        do
        {
            Ptrace.Cont(tracee.Tid, status.PtraceEvent == 0 ? signal : 0);
            status = tracee.WaitForStop();
        }
        while (status.PtraceEvent != PtraceEvent.PTRACE_EVENT_STOP);
        return status.StopSignal == signal;
    }

    /// <summary>Continues a stopped process by SIGCONT, which stays in its queue. Its parent is told when it runs next.</summary>
    public static void Continue(StubProcess process)
    {
        Syscall.Invoke(SyscallNumber.kill, process.Leader.Pid.Value, SIGCONT).OrThrow($"continue process {process.Leader.Pid}");
        process.IsStopped = false;
    }

    /// <summary>Creates a process's other threads; each is stopped before its first instruction.</summary>
    public void CloneThreads(StubProcess process, SyscallProgram program, IReadOnlyList<uint> innerTids)
    {
        List<Tid> created = [];
        StubTask leader = process.Leader;
        leader.Run(program, _options.Layout.Code, Completion, created.Add);
        for (int i = 0; i < innerTids.Count; i++)
        {
            var tracee = new Tracee(created[i]);
            tracee.WaitForStop();
            process.Add(new StubTask(tracee, leader.Pid, leader.InnerPid, innerTids[i]));
        }
    }

    /// <summary>Runs one program in each thread of a process, all at the same time.</summary>
    public void RunInThreads(StubProcess process, IReadOnlyList<SyscallProgram> programs, int completion)
    {
        for (int i = 0; i < process.Threads.Count; i++)
            process.Threads[i].Load(programs[i], completion);
        foreach (StubTask thread in process.Threads)
            thread.Start(_options.Layout.Code);
        foreach (StubTask thread in process.Threads)
            thread.Finish();
    }

    /// <summary>Unmaps everything of ours, by a system call at an instruction of the program's own code.</summary>
    public void RemoveReserved(StubProcess process, RemoteAddress syscallInstruction, ulong programsLength)
    {
        StubLayout layout = _options.Layout;
        process.Leader.CallAt(syscallInstruction, SyscallNumber.munmap, layout.Start.Value, layout.Programs + programsLength - layout.Start)
            .OrThrow("unmap the interpreter");
    }

    /// <summary>Sets every thread free; from here on the processes live on their own. Returns the root's pid as we see it.</summary>
    /// <param name="stopped">Whether to leave a process stopped by SIGSTOP.</param>
    /// <param name="beforeRelease">Given the root's pid; when it throws, nothing was restored.</param>
    public Pid Commit(Func<StubProcess, bool> stopped, Action<int> beforeRelease)
    {
        _init?.Load(InitProgram.Watch(_options.InnerPid, StubElf.Room(_options.Layout.Start)), Completion);
        Pid root = Root.Leader.Pid;
        beforeRelease(root.Value);
        foreach (StubProcess process in _processes.Where(stopped))
            Syscall.Invoke(SyscallNumber.kill, process.Leader.Pid.Value, SIGSTOP);
        // Ordering: what is stopped first, so that no other sees it run; children and other threads before the root, and the
        // init last, because until its release the death of this process takes the init down, and with it every process
        // in the namespace.
        _committed = true;
        foreach (bool isStopped in (ReadOnlySpan<bool>)[true, false])
        {
            foreach (StubTask thread in _processes.Where(process => process.IsStopped == isStopped).SelectMany(process => process.Threads).Reverse())
                Ptrace.TryDetach(thread.Tracee.Tid);
            foreach (StubProcess process in _processes.Where(process => process.IsStopped && isStopped))
                GroupStop.Await(process.Leader.Pid);
        }
        if (_init is not null)
        {
            Registers registers = _init.Tracee.GetRegisters();
            registers.EnterInterpreter(_stubCode, StubElf.Room(_options.Layout.Start));
            _init.Tracee.SetRegisters(registers);
            Ptrace.TryDetach(_init.Tracee.Tid);
        }
        return root;
    }

    public void Dispose()
    {
        if (_committed)
            return;
        // Ordering: all are killed before any is waited for, because a process that is only stopped can't be reaped.
        foreach (StubProcess process in _processes)
            Syscall.Invoke(SyscallNumber.kill, process.Leader.Pid.Value, SIGKILL);
        foreach (StubProcess process in _processes)
            Reap(process.Threads.Select(thread => thread.Tracee.Tid).Reverse());
        foreach (StubTask? task in (ReadOnlySpan<StubTask?>)[_init, _stub])
        {
            if (task is not null)
                Kill(task);
        }
    }

    private static void Kill(StubTask task)
    {
        Syscall.Invoke(SyscallNumber.kill, task.Pid.Value, SIGKILL);
        Reap([task.Tracee.Tid]);
    }

    private static void Reap(IEnumerable<Tid> tids)
    {
        foreach (Tid tid in tids)
        {
            while (Ptrace.TryWait(tid, block: true, out WaitStatus status) && !status.Ended)
            {
            }
        }
    }

    private void StartStub()
    {
        ulong flags = _options.UserNamespace ? CloneArguments.CLONE_NEWUSER : 0;
        if (_options.PrivateNamespaces)
            flags |= CloneArguments.CLONE_NEWNS;
        Tracee tracee = StubLauncher.Launch(new StubOptions
        {
            Start = _options.Layout.Start,
            Namespaces = flags,
            Passed = _options.Passed,
            PassBase = _options.PassBase,
            Capabilities = _options.Capabilities,
        });
        var pid = new Pid(tracee.Tid.Value);
        _stub = new StubTask(tracee, pid, (uint)pid.Value, (uint)pid.Value);
        if (_options.UserNamespace)
            NamespaceFiles.MapOwnIds(pid, _options.Uid, _options.Gid);
    }

    private SyscallProgram InRoom(string name) => new(name) { Base = StubElf.Room(_options.Layout.Start) };

    private void EnterNamespaces()
    {
        bool timeNamespace = _options.Clocks is not null;
        SyscallProgram unshare = InRoom("enter namespaces");
        unshare.Call("make a pid namespace", SyscallNumber.unshare, CloneArguments.CLONE_NEWPID);
        if (timeNamespace)
            unshare.Call("make a time namespace", SyscallNumber.unshare, CloneArguments.CLONE_NEWTIME);
        _stub.Run(unshare, _stubCode, Completion);
        if (_options.Clocks is { } clocks)
        {
            NamespaceFiles.SetTimeOffsets(_stub.Pid, clocks.Monotonic - Clock.Monotonic, clocks.Boottime - Clock.Boottime);
        }
        if (_options.InnerPid == 1)
            return;
        _init = CloneSibling(1, "start the first process of the pid namespace");
        _init.Run(InitProgram.SetUp(StubElf.Room(_options.Layout.Start), _options.PrivateTerminals), _stubCode, Completion);
    }

    private void CloneRoot()
    {
        var root = new StubProcess(CloneSibling(_options.InnerPid, $"create process {_options.InnerPid}"));
        _processes.Add(root);
        // Whatever the root clones is traced with the same options.
        if (_options.SuspendSeccomp)
            Ptrace.SetOptions(root.Leader.Tracee.Tid, TaskTree.Options | PtraceOptions.PTRACE_O_SUSPEND_SECCOMP);
        Kill(_stub);
        if (_options.PrivateNamespaces && _init is null)
        {
            // The root process is the namespace's first: it mounts things itself.
            root.Leader.Run(InitProgram.Mount(StubElf.Room(_options.Layout.Start), _options.PrivateTerminals), _stubCode, Completion);
        }
    }

    /// <summary>The stub clones a process as its sibling: a child of this process, whose exit status we get.</summary>
    private StubTask CloneSibling(uint innerPid, string purpose)
    {
        SyscallProgram clone = InRoom("clone");
        clone.AddClone(purpose, CloneArguments.CLONE_PARENT, exitSignal: 0, innerPid);
        return RunClone(_stub, clone, _stubCode, innerPid);
    }

    /// <summary>Empties the address space but for the reserved range, and moves the interpreter off the stub's file.</summary>
    private void Bootstrap(ulong programsLength)
    {
        const int readExecute = 5;
        const int readWrite = 3;
        const int privateAnonymousFixed = 0x2 | 0x20 | 0x10;
        const int maymoveFixed = 3;
        StubLayout layout = _options.Layout;
        KernelMappings present = KernelMappings.Read(Root.Leader.Pid);
        SyscallProgram program = InRoom("bootstrap");
        foreach (KernelMapping part in present.Parts)
        {
            program.Call($"park {part.Name}", SyscallNumber.mremap, part.Start, part.Length, part.Length, maymoveFixed,
                layout.Parked + (part.Start - present.Start));
        }
        program.Call("map the interpreter's page", SyscallNumber.mmap, layout.Code, 4096, readExecute, privateAnonymousFixed, -1, 0);
        program.Call("map room for programs", SyscallNumber.mmap, layout.Programs, programsLength, readWrite, privateAnonymousFixed, -1, 0);
        program.Call("empty the lower address space", SyscallNumber.munmap, 0, layout.Start.Value);
        RemoteAddress end = layout.Programs + programsLength;
        program.Call("empty the upper address space", SyscallNumber.munmap, end, StubLayout.UserEnd - end.Value);
        Root.Leader.Run(program, _stubCode, Completion);
        byte[] code = new byte[InterpreterCode.Length];
        InterpreterCode.Bytes.CopyTo(code);
        RemoteMemory.Poke(Root.Leader.Tracee.Tid, layout.Code, code);
    }
}
