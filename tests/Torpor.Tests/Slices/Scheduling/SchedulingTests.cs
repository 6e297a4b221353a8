using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Slices.Scheduling;
using Torpor.Tracing;
using Xunit;

namespace Torpor.Tests.Slices.Scheduling;

public class SchedulingTests
{
    private const uint Batch = 3;
    private const uint Deadline = 6;
    private const uint Fifo = 1;

    private static SchedulingState Plain { get; } = new() { Policy = 0, Nice = 0, Priority = 0, Affinity = Processors("0-3"), IoPriority = 0 };

    private static OwnScheduling Own { get; } = new(Plain, Processors("0-3"), false, 0, 0);

    [Fact]
    public void ToImage_AllFields_ComeBack()
    {
        var state = new SchedulingState { Policy = Fifo, Nice = -5, Priority = 50, Flags = 1, Affinity = Processors("1,70"), IoPriority = 0x4003 };
        var core = new ThreadCoreEntry();

        state.ToImage(core);

        Assert.Equal(state, SchedulingState.FromImage(core));
    }

    [Fact]
    public void FromImage_NothingTold_IsNull() => Assert.Null(SchedulingState.FromImage(new ThreadCoreEntry()));

    [Theory]
    [InlineData("0-3,7\n", "0-3,7")]
    [InlineData("0", "0")]
    [InlineData("63-64", "63-64")]
    [InlineData("", "none")]
    public void ProcessorSet_List_IsReadAndWritten(string list, string expected) => Assert.Equal(expected, Processors(list).ToString());

    [Theory]
    [InlineData("0-99999")]
    [InlineData("x")]
    [InlineData("8192")]
    public void ProcessorSet_Nonsense_IsNone(string list) => Assert.Null(ProcessorSet.Parse(list));

    [Fact]
    public void Compile_SameAsOwn_HasNoSteps() => Assert.Empty(Compile(Plain, Own).Steps);

    [Fact]
    public void Compile_HigherNice_IsSet()
    {
        SyscallStep step = Assert.Single(Compile(Plain with { Nice = 5 }, Own).Steps);

        Assert.Equal(SyscallNumber.sched_setattr, step.Number);
        Assert.Equal("set the scheduling to normal with nice value 5", step.Purpose);
    }

    [Fact]
    public void Compile_BatchPolicy_IsSet() =>
        Assert.Equal("set the scheduling to batch with nice value 0", Assert.Single(Compile(Plain with { Policy = Batch }, Own).Steps).Purpose);

    [Theory]
    [InlineData(-1, 0UL, false)]
    [InlineData(-1, 21UL, true)]
    [InlineData(-2, 21UL, false)]
    public void Compile_LowerNice_DependsOnTheLimit(int nice, ulong limit, bool possible)
    {
        OwnScheduling own = Own with { NiceLimit = limit };
        if (possible)
            Assert.Single(Compile(Plain with { Nice = nice }, own).Steps);
        else
            Assert.Equal(FailureKind.PrivilegeMissing, Assert.Throws<TorporException>(() => Compile(Plain with { Nice = nice }, own)).Kind);
    }

    [Fact]
    public void Compile_RealTime_NeedsPrivilegeOrLimit()
    {
        SchedulingState state = Plain with { Policy = Fifo, Priority = 10 };

        Assert.Equal(FailureKind.PrivilegeMissing, Assert.Throws<TorporException>(() => Compile(state, Own)).Kind);
        Assert.Single(Compile(state, Own with { MayRaise = true }).Steps);
        Assert.Single(Compile(state, Own with { RealTimeLimit = 10 }).Steps);
    }

    [Fact]
    public void Compile_UnknownPolicy_IsRefused() =>
        Assert.Equal(FailureKind.Refused, Assert.Throws<TorporException>(() => Compile(Plain with { Policy = Deadline }, Own)).Kind);

    [Fact]
    public void Compile_PriorityOutOfRange_IsDamage()
    {
        Assert.Equal(FailureKind.ImageDamaged, Assert.Throws<TorporException>(() => Compile(Plain with { Nice = 20 }, Own)).Kind);
        Assert.Equal(FailureKind.ImageDamaged, Assert.Throws<TorporException>(() => Compile(Plain with { Priority = 1 }, Own)).Kind);
    }

    [Fact]
    public void Compile_OneProcessor_IsBoundInWholeWords()
    {
        SyscallStep step = Assert.Single(Compile(Plain with { Affinity = Processors("2") }, Own).Steps);

        Assert.Equal(SyscallNumber.sched_setaffinity, step.Number);
        Assert.Equal(8UL, step.Arguments[1].Value);
    }

    [Fact]
    public void Compile_MoreProcessorsThanHere_AreAllOfThese() => Assert.Empty(Compile(Plain with { Affinity = Processors("0-15") }, Own).Steps);

    [Fact]
    public void Compile_ProcessorsNotHere_AreNoted()
    {
        List<string> notes = [];

        Assert.Empty(Compile(Plain with { Affinity = Processors("8-15") }, Own, notes).Steps);

        Assert.Contains("8-15", Assert.Single(notes));
    }

    [Fact]
    public void Compile_IoPriorityThatFollowsNice_IsNotSet()
    {
        const uint bestEffort = 2 << 13;
        Assert.DoesNotContain("I/O", Compile(Plain with { Nice = 5, IoPriority = bestEffort | 5 }, Own).Explain());
        Assert.Contains("I/O priority to class 2", Compile(Plain with { IoPriority = bestEffort | 7 }, Own).Explain());
    }

    private static ProcessorSet Processors(string list) => ProcessorSet.Parse(list)!;

    private static SyscallProgram Compile(SchedulingState state, OwnScheduling own, List<string>? notes = null)
    {
        var program = new SyscallProgram("t");
        new SchedulingRestore(own, notes ?? []).Compile(program, 42, state);
        return program;
    }
}
