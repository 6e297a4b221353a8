using Torpor.Linux;
using Torpor.Linux.ProcFs;
using Torpor.Tracing;
using Xunit;

namespace Torpor.Tracing.Tests;

/// <summary>Real tasks, from the stub on. They need no privilege but unprivileged user namespaces.</summary>
public class RestoreSessionTests
{
    private const uint InnerPid = 4321;
    private const ulong AllCapabilities = (1UL << 41) - 1;

    [Fact]
    public void Run_PrivateNamespace_SeesTheChosenPidAndClocks() => Trace(session =>
    {
        var program = new SyscallProgram("p");
        program.Call("pid", Expectation.Exactly(InnerPid), SyscallNumber.getpid);
        program.Call("tid", Expectation.Exactly(InnerPid), SyscallNumber.gettid);
        DataReference time = program.Space(16);
        program.Call("clock", SyscallNumber.clock_gettime, 1, time);
        DataReference path = program.Text("/proc/4321/stat");
        program.Call("own /proc", SyscallNumber.access, path, 0);
        program.Base = Layout().Programs;
        session.Run(session.Root, program);

        long seconds = session.Root.Leader.Memory.Read<long>(program.AddressOf(time));

        Assert.InRange(seconds, 1_000_000, 1_000_100);
    });

    [Fact]
    public void Run_Surprise_NamesTheStepAndItsErrno() => Trace(session =>
    {
        var program = new SyscallProgram("p") { Base = Layout().Programs };
        program.Call("fine", SyscallNumber.getpid);
        program.Call("close what is not open", SyscallNumber.close, 999);
        program.Call("never reached", SyscallNumber.getpid);

        PlanFailedException failure = Assert.Throws<PlanFailedException>(() => session.Run(session.Root, program));

        Assert.Equal("close what is not open: EBADF", failure.Message);
    });

    [Fact]
    public void CloneThreads_ChosenIds_AreTheirs() => Trace(session =>
    {
        uint[] tids = [4330, 5000, 4322];
        var clone = new SyscallProgram("clone") { Base = Layout().Programs };
        foreach (uint tid in tids)
            clone.AddClone($"thread {tid}", CloneArguments.Thread, 0, tid);
        session.CloneThreads(session.Root, clone, tids);
        List<SyscallProgram> programs = [];
        ulong next = Layout().Programs.Value + 8192;
        foreach (uint tid in tids.Prepend(InnerPid))
        {
            var program = new SyscallProgram($"thread {tid}") { Base = new RemoteAddress(next) };
            program.Call("tid", Expectation.Exactly(tid), SyscallNumber.gettid);
            programs.Add(program);
            next += 4096;
        }
        session.RunInThreads(session.Root, programs, 23);

        Assert.Equal(4, new ProcTask(session.Root.Leader.Pid).Threads().Count);
    });

    [Fact]
    public void Start_AddressSpace_HoldsOnlyTheReservedRangeAndTheParkedVdso() => Trace(session =>
    {
        StubLayout layout = Layout();
        IReadOnlyList<MemoryMapping> maps = new ProcTask(session.Root.Leader.Pid).Maps();

        Assert.All(maps.Where(m => m.Name != "[vsyscall]"), m => Assert.InRange(m.Start.Value, layout.Start.Value, layout.Programs.Value + 65536));
        Assert.Equal(
            layout.Vdso.Parts.Select(p => (p.Name, layout.Parked + (p.Start - layout.Vdso.Start))),
            maps.Where(m => m.Name.StartsWith("[v", StringComparison.Ordinal) && m.Name != "[vsyscall]").Select(m => (m.Name, m.Start)));
    });

    [Fact]
    public void Dispose_BeforeCommit_LeavesNoProcess()
    {
        Pid pid = default;
        Trace(session => pid = session.Root.Leader.Pid);

        Assert.False(Directory.Exists($"/proc/{pid}"));
    }

    private static StubLayout Layout() => StubLayout.Find([], KernelMappings.Read(new Pid(Environment.ProcessId)));

    private static void Trace(Action<RestoreSession> body) => TracerThread.Run(() =>
    {
        ProcStatus own = ProcTask.Self.Status();
        var options = new SessionOptions
        {
            Layout = Layout(),
            InnerPid = InnerPid,
            PrivateNamespaces = true,
            UserNamespace = true,
            Uid = own.Uids.Effective,
            Gid = own.Gids.Effective,
            Capabilities = AllCapabilities,
            Passed = [],
            PassBase = 100,
            Clocks = (TimeSpan.FromSeconds(1_000_000), TimeSpan.FromSeconds(1_000_000)),
        };
        using RestoreSession session = RestoreSession.Start(options, 65536);
        body(session);
        return true;
    });
}
