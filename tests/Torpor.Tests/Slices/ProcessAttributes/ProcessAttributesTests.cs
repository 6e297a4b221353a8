using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Model;
using Torpor.Slices.ProcessAttributes;
using Torpor.Tracing;
using Xunit;

namespace Torpor.Tests.Slices.ProcessAttributes;

public class ProcessAttributesTests
{
    [Fact]
    public void ToImage_Process_ComesBack()
    {
        var state = new ProcessAttributesState
        {
            Comm = "sleep",
            Personality = 0x40000,
            OomScoreAdjustment = -17,
            LoginUid = 1000,
            ChildSubreaper = true,
            MembarrierRegistrations = 0x10,
            CoredumpFilter = 0x33,
            ThpDisable = 3,
            MemoryMerge = true,
            Mdwe = 1,
            Dumpable = 0,
        };
        var task = new TaskCoreEntry();
        var mm = new MmEntry();

        state.ToImage(task, mm);

        Assert.Equal(state, ProcessAttributesState.FromImage(task, mm));
        Assert.True(task.HasFlags);
        Assert.True(mm.ThpDisabled);
    }

    [Fact]
    public void ToImage_Thread_ComesBack()
    {
        var state = new ThreadAttributesState { TimerSlack = 50_000, MachineCheckKill = 1, Speculation = [3, 5, 0], Personality = 0x40000 };
        var core = new ThreadCoreEntry();

        state.ToImage(core);
        ThreadAttributesState back = ThreadAttributesState.FromImage(core);

        Assert.Equal(state.Speculation, back.Speculation);
        Assert.Equal(state, back with { Speculation = state.Speculation });
    }

    [Fact]
    public void FromImage_WithoutExtensions_TellsNothing()
    {
        var task = new TaskCoreEntry { Comm = "x" };
        Assert.Equal(new ProcessAttributesState { Comm = "x" }, ProcessAttributesState.FromImage(task, new MmEntry()));
        Assert.Null(ThreadAttributesState.FromImage(new ThreadCoreEntry()).TimerSlack);
    }

    [Fact]
    public void Compile_FileOfProc_IsOpenedWrittenAndClosed()
    {
        RestoreContext context = RestoreContexts.Create(RestoreContexts.Unprivileged);
        // Above whatever this process has: it needs no privilege.
        new ProcessAttributesRestore(context).Compile(new ProcessAttributesState { Comm = "x", OomScoreAdjustment = 1000 });

        string[] purposes = [.. context.Process.Steps.Select(s => s.Purpose)];
        Assert.Contains("open /proc/self/oom_score_adj", purposes);
        Assert.Contains("write 1000 to /proc/self/oom_score_adj", purposes);
        Assert.Equal(SyscallNumber.close, context.Process.Steps[^1].Number);
        Assert.Equal(0, context.Descriptors.LowestFree);
    }

    [Fact]
    public void Compile_LowerOomScore_NeedsPrivilege()
    {
        RestoreContext context = RestoreContexts.Create(RestoreContexts.Unprivileged);

        TorporException e = Assert.Throws<TorporException>(() =>
            new ProcessAttributesRestore(context).Compile(new ProcessAttributesState { Comm = "x", OomScoreAdjustment = -1000 }));

        Assert.Equal(FailureKind.PrivilegeMissing, e.Kind);
    }

    [Theory]
    [InlineData(1001)]
    [InlineData(int.MinValue)]
    public void Compile_OomScoreOutOfRange_IsDamage(int value)
    {
        RestoreContext context = RestoreContexts.Create(RestoreContexts.Unprivileged);

        TorporException e = Assert.Throws<TorporException>(() =>
            new ProcessAttributesRestore(context).Compile(new ProcessAttributesState { Comm = "x", OomScoreAdjustment = value }));

        Assert.Equal(FailureKind.ImageDamaged, e.Kind);
    }

    [Fact]
    public void Compile_MembarrierRegistrations_EachGetsAStepAndUnknownOnesARefusal()
    {
        RestoreContext context = RestoreContexts.Create(RestoreContexts.Unprivileged);

        new ProcessAttributesRestore(context).Compile(new ProcessAttributesState { Comm = "x", MembarrierRegistrations = 0x8000_0110 });

        Assert.Equal([16UL, 256UL], context.Process.Steps.Where(s => s.Number == SyscallNumber.membarrier).Select(s => s.Arguments[0].Value));
        Assert.Contains("0x80000000", Assert.Single(context.Refusals.Items).Object);
    }

    [Fact]
    public void Compile_TimerSlack_ZeroIsLeftAlone()
    {
        var program = new SyscallProgram("t");
        var restore = new ThreadAttributesRestore([], mayControlResources: false);

        restore.Compile(program, new ThreadAttributesState { TimerSlack = 0 });
        Assert.Empty(program.Steps);
        restore.Compile(program, new ThreadAttributesState { TimerSlack = 70_000 });

        Assert.Equal(70_000UL, Assert.Single(program.Steps).Arguments[1].Value);
    }

    [Fact]
    public void Dumpable_EveryThread_SetsItAndTheLeaderForbidsExecutableMemoryLast()
    {
        RestoreContext context = RestoreContexts.Create(RestoreContexts.Unprivileged, 43);
        context.Images.Mm.Dumpable = 0;
        context.Leader.Core.Tc.TorporMdwe = 1;

        new DumpableSlice().Compile(context);

        Assert.All(context.Threads, t => Assert.Equal("set dumpable to 0", t.Program.Steps[0].Purpose));
        Assert.Equal(2, context.Leader.Program.Steps.Count);
        Assert.Equal("forbid memory to become executable", context.Leader.Program.Steps[^1].Purpose);
    }

    [Fact]
    public void Dumpable_Suidsafe_IsRefused()
    {
        RestoreContext context = RestoreContexts.Create(RestoreContexts.Unprivileged);
        context.Images.Mm.Dumpable = 2;

        Assert.Equal(FailureKind.Refused, Assert.Throws<TorporException>(() => new DumpableSlice().Compile(context)).Kind);
    }

    [Theory]
    [InlineData("         0          0 4294967295\n", 1000, true)]
    [InlineData("      1000       1000          1\n", 1000, true)]
    [InlineData("         0       1000          1\n", 1000, false)]
    [InlineData("      1000       1000          1\n", 1001, false)]
    [InlineData("", 0, false)]
    public void MapsToItself_Map_IsFollowed(string map, uint id, bool expected) => Assert.Equal(expected, IdMap.MapsToItself(map, id));

    [Fact]
    public void Describe_IdsPropagationAndProc_DoNotCount()
    {
        const string ours = """
            22 27 0:20 / /proc rw,nosuid shared:12 - proc proc rw
            27 1 259:1 / / rw,relatime shared:1 - ext4 /dev/root rw
            """;
        const string theirs = """
            90 80 259:1 / / rw,relatime master:1 - ext4 /dev/root rw
            91 90 0:20 / /proc rw,nosuid - proc proc rw
            92 91 0:55 / /proc rw,nosuid,nodev - proc proc rw
            """;

        Assert.Equal(MountTable.Describe(ours), MountTable.Describe(theirs));
        Assert.NotEqual(MountTable.Describe(ours), MountTable.Describe(theirs + "\n93 90 0:60 / /data rw - tmpfs tmpfs rw"));
    }
}
