using Torpor.Linux.ProcFs;
using Torpor.Slices.Limits;
using Torpor.Tracing;
using Xunit;

namespace Torpor.Tests.Slices.Limits;

public sealed class LimitsRestoreTests
{
    private const int OpenFiles = 7;
    private const int CoreSize = 4;

    [Fact]
    public void ToImage_AnyLimits_RoundTrips()
    {
        LimitsState state = Own(new ResourceLimit(5, ResourceLimit.Infinity));
        Assert.Equal(state.Limits, LimitsState.FromImage(state.ToImage()).Limits);
    }

    [Fact]
    public void Compile_SameLimitsAsTheTool_SetsBackOnlyWhatTheStubRaised()
    {
        LimitsState own = Own(new ResourceLimit(10, 20));
        var program = new SyscallProgram("leader");
        new LimitsRestore(program, own, mayRaise: false).Compile(own);
        Assert.Equal(StubLimits.Raised.Order().Select(r => (ulong)r), program.Steps.Select(s => s.Arguments[1].Value));
        byte[] open = Plan.Argument(program, IndexOf(program, OpenFiles), 2, 16);
        Assert.Equal((10UL, 20UL), (BitConverter.ToUInt64(open), BitConverter.ToUInt64(open, 8)));
    }

    [Fact]
    public void Compile_SoftLimitAtTheToolsHardOne_NeedsNoStepWhereTheStubHasIt()
    {
        LimitsState own = Own(new ResourceLimit(10, 20));
        LimitsState wanted = With(own, OpenFiles, new ResourceLimit(20, 20));
        var program = new SyscallProgram("leader");
        new LimitsRestore(program, own, mayRaise: false).Compile(wanted);
        Assert.DoesNotContain(program.Steps, s => s.Arguments[1].Value == OpenFiles);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Compile_HardLimitAboveTheTools_NeedsPrivilege(bool mayRaise)
    {
        LimitsState own = Own(new ResourceLimit(10, 20));
        LimitsState wanted = With(own, CoreSize, new ResourceLimit(10, 21));
        var program = new SyscallProgram("leader");
        var restore = new LimitsRestore(program, own, mayRaise);
        if (mayRaise)
        {
            restore.Compile(wanted);
            Assert.Contains(program.Steps, s => s.Arguments[1].Value == CoreSize);
            return;
        }
        TorporException failure = Assert.Throws<TorporException>(() => restore.Compile(wanted));
        Assert.Equal(FailureKind.PrivilegeMissing, failure.Kind);
        Assert.Contains("ulimit -Hc", failure.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Compile_SoftAboveHard_IsDamaged()
    {
        LimitsState own = Own(new ResourceLimit(10, 20));
        LimitsState wanted = With(own, CoreSize, new ResourceLimit(21, 20));
        TorporException failure = Assert.Throws<TorporException>(() => new LimitsRestore(new SyscallProgram("leader"), own, mayRaise: true).Compile(wanted));
        Assert.Equal(FailureKind.ImageDamaged, failure.Kind);
    }

    [Fact]
    public void Compile_MoreLimitsThanThereAre_IsDamaged()
    {
        LimitsState own = Own(new ResourceLimit(10, 20));
        var wanted = new LimitsState([.. own.Limits, new ResourceLimit(1, 1)]);
        TorporException failure = Assert.Throws<TorporException>(() => new LimitsRestore(new SyscallProgram("leader"), own, mayRaise: true).Compile(wanted));
        Assert.Equal(FailureKind.ImageDamaged, failure.Kind);
    }

    private static LimitsState Own(ResourceLimit all) => new([.. Enumerable.Repeat(all, 16)]);

    private static LimitsState With(LimitsState state, int resource, ResourceLimit limit) =>
        new([.. state.Limits.Select((l, i) => i == resource ? limit : l)]);

    private static int IndexOf(SyscallProgram program, int resource) =>
        program.Steps.Select((s, i) => (s, i)).First(p => p.s.Arguments[1].Value == (ulong)resource).i;
}
