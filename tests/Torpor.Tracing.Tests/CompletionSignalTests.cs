using Torpor.Tracing;
using Xunit;

namespace Torpor.Tracing.Tests;

public class CompletionSignalTests
{
    private const int SIGCHLD = 17;
    private const int SIGPIPE = 13;
    private const int SIGURG = 23;
    private const int SIGWINCH = 28;

    [Fact]
    public void Choose_NothingSpecial_TakesSigurg() => Assert.Equal(SIGURG, CompletionSignal.Choose(0, 0, 0, 0));

    [Fact]
    public void Choose_CaughtBlockedAndPending_TakesNoneOfThem() =>
        Assert.Equal(CompletionSignal.None, CompletionSignal.Choose(Bit(SIGURG), 0, Bit(SIGWINCH), Bit(SIGCHLD)));

    [Fact]
    public void Choose_AllCaughtButOneIgnored_TakesTheIgnored() =>
        Assert.Equal(SIGPIPE, CompletionSignal.Choose(ulong.MaxValue & ~Bit(SIGPIPE), Bit(SIGPIPE), 0, 0));

    [Fact]
    public void MaskAllBut_Signal_LeavesOnlyThatOne() => Assert.Equal(~Bit(SIGURG), CompletionSignal.MaskAllBut(SIGURG));

    private static ulong Bit(int signal) => 1UL << (signal - 1);
}
