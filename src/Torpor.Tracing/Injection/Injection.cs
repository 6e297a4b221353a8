using Torpor.Linux;

namespace Torpor.Tracing;

/// <summary>What each thread of an injection needs: its saved state and the signals it may be sent.</summary>
public sealed record InjectedThread(ThreadSnapshot Snapshot, SyscallProgram Program, ulong Caught, ulong Ignored, ulong Pending);

/// <summary>
/// Runs programs in the threads of a frozen process. Whatever is set off ends by itself: each program's last record is
/// rt_sigreturn on a frame with the thread's own context, so that a target whose tracer is killed at any instant goes on
/// where it was. What may then stay behind is the interpreter's code in the padding behind the vDSO, which nothing runs,
/// and one anonymous mapping; the next checkpoint reuses the one and removes the other.
/// </summary>
public sealed class Injection(FrozenProcess process, RemoteMemory memory, uint innerPid)
{
    /// <summary>Room below each frame for the frames of signal handlers, should the target be on its own in the middle.</summary>
    private const int HandlerRoom = 16 * 1024;

    private const int MadvDontFork = 10;
    private const int MadvDontDump = 16;
    private const int MadvWipeOnFork = 18;
    private const int ProtReadWrite = 3;
    private const int MapPrivateAnonymousFixedNoReplace = 0x2 | 0x20 | 0x100000;

    /// <summary>Runs every thread's program once, all at the same time; afterwards each thread is stopped as it was.</summary>
    public IReadOnlyList<ProgramResult> Run(IReadOnlyList<InjectedThread> threads, IReadOnlyList<Torpor.Linux.ProcFs.MemoryMapping> maps)
    {
        List<LoadedProgram> loaded = [.. threads.Select(t => new LoadedProgram(t, innerPid))];
        ulong length = PageAlign((ulong)(InjectionSite.Magic.Length + SignalFrame.Alignment) + (ulong)loaded.Sum(p => (long)p.Stride));
        InjectionSite site = InjectionSite.Find(maps, memory, length);
        Tid poker = threads[0].Snapshot.Tracee.Tid;
        if (!site.CodePresent)
            RemoteMemory.Poke(poker, site.Code, Padded(InterpreterCode.Bytes));
        try
        {
            RunOnStack(threads, maps, site, MapProgram(site, length));
            Layout(loaded, site);
            RunLoaded(loaded, site);
            return [.. loaded.Select(p => p.Collect(memory))];
        }
        finally
        {
            RunOnStack(threads, maps, site, UnmapProgram(site, length));
            RemoteMemory.Poke(poker, site.Code, new byte[InterpreterCode.Length]);
        }
    }

    private static SyscallProgram MapProgram(InjectionSite site, ulong length)
    {
        var program = new SyscallProgram("map scratch");
        foreach ((RemoteAddress start, ulong staleLength) in site.Stale)
            program.Call("remove the scratch mapping of an interrupted run", Expectation.Any, SyscallNumber.munmap, start, staleLength);
        program.Call("map scratch memory", SyscallNumber.mmap, site.Scratch, length, ProtReadWrite, MapPrivateAnonymousFixedNoReplace, -1, 0);
        foreach (int advice in (ReadOnlySpan<int>)[MadvDontFork, MadvDontDump, MadvWipeOnFork])
            program.Call("mark scratch memory", Expectation.Any, SyscallNumber.madvise, site.Scratch, length, advice);
        return program;
    }

    private static SyscallProgram UnmapProgram(InjectionSite site, ulong length)
    {
        var program = new SyscallProgram("unmap scratch");
        program.Call("unmap scratch memory", SyscallNumber.munmap, site.Scratch, length);
        return program;
    }

    /// <summary>Runs a short program in one thread, with its records and frame in unused memory below that thread's stack pointer.</summary>
    private void RunOnStack(IReadOnlyList<InjectedThread> threads, IReadOnlyList<Torpor.Linux.ProcFs.MemoryMapping> maps, InjectionSite site, SyscallProgram program)
    {
        InjectedThread thread = StackPlacement.Choose(threads, maps, ProgramRoom(threads[0], program));
        var loaded = new LoadedProgram(thread with { Program = program }, innerPid);
        ulong top = thread.Snapshot.Resume.StackPointer.Value - Registers.RedZone - (ulong)loaded.Length;
        loaded.Place(new RemoteAddress(top & ~(ulong)(SignalFrame.Alignment - 1)));
        byte[] before = new byte[loaded.Length];
        memory.Read(loaded.Base, before);
        try
        {
            memory.Write(loaded.Base, loaded.Encode());
            loaded.Start(site.Code);
            loaded.Finish(process.Defer);
            ProgramResult result = loaded.Collect(memory);
            if (result.Surprise is { } step)
                throw new LinuxException($"{program.Steps[step.Index].Purpose} in process {process.Pid}", result[step].Errno);
        }
        finally
        {
            memory.Write(loaded.Base, before);
        }
    }

    private int ProgramRoom(InjectedThread thread, SyscallProgram program) => new LoadedProgram(thread with { Program = program }, innerPid).Length + SignalFrame.Alignment;

    private void Layout(List<LoadedProgram> loaded, InjectionSite site)
    {
        memory.Write(site.Scratch, InjectionSite.Magic);
        ulong next = site.Scratch.Value + SignalFrame.Alignment;
        foreach (LoadedProgram program in loaded)
        {
            program.Place(new RemoteAddress(next + HandlerRoom));
            memory.Write(program.Base, program.Encode());
            next += (ulong)program.Stride;
        }
    }

    private void RunLoaded(List<LoadedProgram> loaded, InjectionSite site)
    {
        int started = 0;
        try
        {
            for (; started < loaded.Count; started++)
                loaded[started].Start(site.Code);
        }
        finally
        {
            for (int i = 0; i < started; i++)
                loaded[i].Finish(process.Defer);
        }
    }

    private static byte[] Padded(ReadOnlySpan<byte> code)
    {
        byte[] padded = new byte[InterpreterCode.Length];
        code.CopyTo(padded);
        return padded;
    }

    private static ulong PageAlign(ulong length) => (length + 4095) & ~4095UL;

    /// <summary>A program in a thread's memory: the frame first, where the stack pointer goes, then the records and data.</summary>
    private sealed class LoadedProgram
    {
        private readonly InjectedThread _thread;
        private readonly SyscallProgram _program;
        private readonly int _completion;
        private readonly int _doneStep;
        private readonly int _frameLength;

        public LoadedProgram(InjectedThread thread, uint innerPid)
        {
            _thread = thread;
            _program = thread.Program.Copy();
            _completion = CompletionSignal.Choose(thread.Caught, thread.Ignored, thread.Snapshot.SignalMask, thread.Pending);
            _doneStep = _completion == CompletionSignal.None
                ? _program.Call("end", Expectation.Any, SyscallNumber.getpid).Index
                : _program.Call("report the end", Expectation.Any, SyscallNumber.tgkill, innerPid, thread.Snapshot.InnerTid, _completion).Index;
            _program.Call("go on", Expectation.Any, SyscallNumber.rt_sigreturn);
            _frameLength = SignalFrame.SizeFor(thread.Snapshot.XState.Length);
        }

        public RemoteAddress Base { get; private set; }

        public int Length => _frameLength + _program.Size;

        public int Stride => HandlerRoom + ((Length + SignalFrame.Alignment - 1) & -SignalFrame.Alignment);

        private RemoteAddress Done => _program.AddressOf(_doneStep);

        public void Place(RemoteAddress address)
        {
            Base = address;
            _program.Base = address + (ulong)_frameLength;
        }

        public byte[] Encode()
        {
            byte[] image = new byte[Length];
            ThreadSnapshot snapshot = _thread.Snapshot;
            SignalFrame.Write(image.AsSpan(0, _frameLength), Base.Value, snapshot.Settled, snapshot.XState, snapshot.SignalMask);
            _program.Encode(surprise: Done).CopyTo(image.AsSpan(_frameLength));
            return image;
        }

        public void Start(RemoteAddress code) =>
            InterpreterRun.Start(_thread.Snapshot.Tracee, _thread.Snapshot.Settled, code, _program.Base, Base, _completion);

        public void Finish(Action<Tid, int> defer)
        {
            Registers end = InterpreterRun.WaitForEnd(_thread.Snapshot.Tracee, _completion, Done, defer);
            // Ordering: the mask first, then the registers, because until the registers are back the thread would still
            // run into rt_sigreturn, which puts back both.
            _thread.Snapshot.Tracee.SetSignalMask(_thread.Snapshot.SignalMask);
            _thread.Snapshot.Tracee.SetRegisters(_thread.Snapshot.Resume);
            if (!InterpreterRun.Completed(end, Done))
                throw new LinuxException($"run the interpreter in thread {_thread.Snapshot.Tracee.Tid}: {end}", Errno.EFAULT);
        }

        public ProgramResult Collect(RemoteMemory memory)
        {
            byte[] image = new byte[_program.Size];
            memory.Read(_program.Base, image);
            return new ProgramResult(_program, image);
        }
    }
}
