using Torpor.Linux;
using Torpor.Linux.ProcFs;
using Torpor.Slices.Limits;
using Torpor.Tracing;
using Xunit;

namespace Torpor.Tests.Slices.Limits;

public class LimitsTests
{
    private const int OpenFiles = 7;
    /// <summary>Soft and hard alike, so that what the plan's task starts with is the tool's own for every resource.</summary>
    private static readonly ResourceLimit Usual = new(200, 200);

    [Fact]
    public void ToImage_Limits_ComeBackInOrder()
    {
        LimitsState state = With(OpenFiles, new ResourceLimit(1, ResourceLimit.Infinity));

        Assert.Equal(state.Limits, LimitsState.FromImage(state.ToImage()).Limits);
    }

    [Fact]
    public void Compile_OnlyOneDiffers_HasOneStep()
    {
        SyscallStep step = Assert.Single(Compile(With(OpenFiles, new ResourceLimit(50, 150))).Steps);

        Assert.Equal(SyscallNumber.prlimit64, step.Number);
        Assert.Equal((ulong)OpenFiles, step.Arguments[1].Value);
        Assert.Equal("set the limit of open files to 50 (hard 150)", step.Purpose);
    }

    [Fact]
    public void Compile_SoftLimitThatWasRaisedForThePlan_IsPutBack()
    {
        var program = new SyscallProgram("t");
        LimitsState own = With(OpenFiles, new ResourceLimit(100, 200));

        new LimitsRestore(program, own, false).Compile(own);

        Assert.Equal("set the limit of open files to 100 (hard 200)", Assert.Single(program.Steps).Purpose);
    }

    [Fact]
    public void Compile_AboveOwnHardLimit_NamesWhatIsMissing()
    {
        TorporException e = Assert.Throws<TorporException>(() => Compile(With(OpenFiles, new ResourceLimit(50, ResourceLimit.Infinity))));

        Assert.Equal(FailureKind.PrivilegeMissing, e.Kind);
        Assert.Contains("open files unlimited (own 200)", e.Message);
        Assert.Contains("ulimit -Hn", e.Remedy);
    }

    [Fact]
    public void Compile_AboveOwnHardLimitWithPrivilege_IsSet() =>
        Assert.Single(Compile(With(OpenFiles, new ResourceLimit(50, ResourceLimit.Infinity)), mayRaise: true).Steps);

    [Fact]
    public void Compile_SoftAboveHard_IsDamage() =>
        Assert.Equal(FailureKind.ImageDamaged, Assert.Throws<TorporException>(() => Compile(With(OpenFiles, new ResourceLimit(51, 50)))).Kind);

    [Fact]
    public void Compile_TooManyLimits_IsDamage()
    {
        var state = new LimitsState([.. Enumerable.Repeat(Usual, 17)]);

        Assert.Equal(FailureKind.ImageDamaged, Assert.Throws<TorporException>(() => Compile(state)).Kind);
    }

    private static LimitsState With(int resource, ResourceLimit limit) => new([.. Enumerable.Range(0, 16).Select(r => r == resource ? limit : Usual)]);

    private static SyscallProgram Compile(LimitsState state, bool mayRaise = false)
    {
        var program = new SyscallProgram("t");
        new LimitsRestore(program, With(-1, default), mayRaise).Compile(state);
        return program;
    }
}
