using Torpor.Linux;

namespace Torpor.Tracing;

/// <summary>What kind of task a restore makes.</summary>
public sealed record SessionOptions
{
    public required StubLayout Layout { get; init; }

    /// <summary>The root process's id as it will see itself.</summary>
    public required uint InnerPid { get; init; }

    /// <summary>Give it a pid namespace, a mount namespace with its own /proc, and a time namespace.</summary>
    public required bool PrivateNamespaces { get; init; }

    /// <summary>Give it a user namespace too: what makes the others possible without privilege.</summary>
    public required bool UserNamespace { get; init; }

    public required uint Uid { get; init; }

    public required uint Gid { get; init; }

    /// <summary>Capabilities to hold while the plan runs.</summary>
    public required ulong Capabilities { get; init; }

    public required IReadOnlyList<Fd> Passed { get; init; }

    public required int PassBase { get; init; }

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
    private const int SIGSTOP = 19;

    /// <summary>Ends each run. Any signal would do: the tracer drops it, and until the last program no other is sent.</summary>
    private const int Completion = 23;

    private readonly SessionOptions _options;
    private readonly RemoteAddress _stubCode;
    private readonly List<StubTask> _threads = [];
    private StubTask _stub = null!;
    private StubTask? _init;
    private bool _committed;

    private RestoreSession(SessionOptions options)
    {
        _options = options;
        _stubCode = StubElf.Interpreter(options.Layout.Start);
    }

    /// <summary>The root process's leader; the other threads follow after <see cref="CloneThreads"/>.</summary>
    public IReadOnlyList<StubTask> Threads => _threads;

    public StubTask Leader => _threads[0];

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

    /// <summary>Runs a program in the leader, alone.</summary>
    public void RunInLeader(SyscallProgram program) => Leader.Run(program, _options.Layout.Code, Completion);

    /// <summary>Creates the other threads; each is stopped before its first instruction.</summary>
    public void CloneThreads(SyscallProgram program, IReadOnlyList<uint> innerTids)
    {
        List<Tid> created = [];
        Leader.Run(program, _options.Layout.Code, Completion, created.Add);
        for (int i = 0; i < innerTids.Count; i++)
        {
            var tracee = new Tracee(created[i]);
            tracee.WaitForStop();
            _threads.Add(new StubTask(tracee, Leader.Pid, _options.InnerPid, innerTids[i]));
        }
    }

    /// <summary>Runs one program in each thread, all at the same time.</summary>
    public void RunInThreads(IReadOnlyList<SyscallProgram> programs, int completion)
    {
        for (int i = 0; i < _threads.Count; i++)
            _threads[i].Load(programs[i], completion);
        foreach (StubTask thread in _threads)
            thread.Start(_options.Layout.Code);
        foreach (StubTask thread in _threads)
            thread.Finish();
    }

    /// <summary>Unmaps everything of ours, by a system call at an instruction of the program's own code.</summary>
    public void RemoveReserved(RemoteAddress syscallInstruction, ulong programsLength)
    {
        StubLayout layout = _options.Layout;
        Leader.CallAt(syscallInstruction, SyscallNumber.munmap, layout.Start.Value, layout.Programs + programsLength - layout.Start)
            .OrThrow("unmap the interpreter");
    }

    /// <summary>Sets every thread free; from here on the process lives on its own. Returns its pid as we see it.</summary>
    /// <param name="stopped">Leave it stopped by SIGSTOP.</param>
    /// <param name="beforeRelease">Given the pid; when it throws, nothing was restored.</param>
    public Pid Commit(bool stopped, Action<int> beforeRelease)
    {
        _init?.Load(InitProgram.Watch(_options.InnerPid, StubElf.Room(_options.Layout.Start)), Completion);
        beforeRelease(Leader.Pid.Value);
        if (stopped)
            Syscall.Invoke(SyscallNumber.kill, Leader.Pid.Value, SIGSTOP);
        // Ordering: the root's other threads first and the init last, because until its release the death of this
        // process takes the init down, and with it every process in the namespace.
        _committed = true;
        foreach (StubTask thread in _threads.AsEnumerable().Reverse())
            Ptrace.TryDetach(thread.Tracee.Tid);
        if (_init is not null)
        {
            Registers registers = _init.Tracee.GetRegisters();
            registers.EnterInterpreter(_stubCode, StubElf.Room(_options.Layout.Start));
            _init.Tracee.SetRegisters(registers);
            Ptrace.TryDetach(_init.Tracee.Tid);
        }
        return Leader.Pid;
    }

    public void Dispose()
    {
        if (_committed)
            return;
        foreach (StubTask? task in (ReadOnlySpan<StubTask?>)[_threads.FirstOrDefault(), _init, _stub])
        {
            if (task is not null)
                Kill(task);
        }
    }

    private void Kill(StubTask task)
    {
        Syscall.Invoke(SyscallNumber.kill, task.Pid.Value, SIGKILL);
        IEnumerable<Tid> tids = ReferenceEquals(task, _threads.FirstOrDefault()) ? _threads.Select(t => t.Tracee.Tid).Reverse() : [task.Tracee.Tid];
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
        _init.Run(InitProgram.SetUp(StubElf.Room(_options.Layout.Start)), _stubCode, Completion);
    }

    private void CloneRoot()
    {
        _threads.Add(CloneSibling(_options.InnerPid, $"create process {_options.InnerPid}"));
        Kill(_stub);
        if (_options.PrivateNamespaces && _init is null)
        {
            // The root process is the namespace's first: it mounts /proc itself.
            Leader.Run(InitProgram.MountProc(StubElf.Room(_options.Layout.Start)), _stubCode, Completion);
        }
    }

    /// <summary>The stub clones a process as its sibling: a child of this process, whose exit status we get.</summary>
    private StubTask CloneSibling(uint innerPid, string purpose)
    {
        SyscallProgram clone = InRoom("clone");
        clone.AddClone(purpose, CloneArguments.CLONE_PARENT, exitSignal: 0, innerPid);
        List<Tid> created = [];
        _stub.Run(clone, _stubCode, Completion, created.Add);
        var tracee = new Tracee(created[0]);
        tracee.WaitForStop();
        return new StubTask(tracee, new Pid(created[0].Value), innerPid, innerPid);
    }

    /// <summary>Empties the address space but for the reserved range, and moves the interpreter off the stub's file.</summary>
    private void Bootstrap(ulong programsLength)
    {
        const int readExecute = 5;
        const int readWrite = 3;
        const int privateAnonymousFixed = 0x2 | 0x20 | 0x10;
        const int maymoveFixed = 3;
        StubLayout layout = _options.Layout;
        KernelMappings present = KernelMappings.Read(Leader.Pid);
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
        Leader.Run(program, _stubCode, Completion);
        byte[] code = new byte[InterpreterCode.Length];
        InterpreterCode.Bytes.CopyTo(code);
        RemoteMemory.Poke(Leader.Tracee.Tid, layout.Code, code);
    }
}
