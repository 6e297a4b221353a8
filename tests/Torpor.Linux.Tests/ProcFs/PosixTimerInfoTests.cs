using System.Text;
using Torpor.Linux.ProcFs;
using Torpor.Linux.Uapi;
using Xunit;

namespace Torpor.Linux.Tests.ProcFs;

public class PosixTimerInfoTests
{
    [Fact]
    public void Parse_Linux618_ReadsEveryKind()
    {
        List<PosixTimerInfo> timers = PosixTimerInfo.Parse("timers", Sample.Read("linux-6.18/timers"));

        Assert.Equal([2, 1, 0], timers.Select(t => t.Id));
        Assert.Equal(Signal.SIGEV_THREAD_ID, timers[0].Notify);
        Assert.Equal(-2, timers[0].ClockId);
        Assert.Equal(Signal.SIGEV_NONE, timers[1].Notify);
        Assert.Equal(Signal.SIGEV_SIGNAL, timers[2].Notify);
        Assert.Equal(39, timers[2].Signal);
        Assert.Equal(0x1234abcdUL, timers[2].SignalValue);
        Assert.Equal(Time.CLOCK_MONOTONIC, timers[2].ClockId);
        Assert.All(timers, t => Assert.Equal(timers[0].Target, t.Target));
    }

    [Fact]
    public void Parse_Empty_GivesNoTimer() => Assert.Empty(PosixTimerInfo.Parse("timers", []));

    [Theory]
    [InlineData("signal: 1/0\n", "ID")]
    [InlineData("ID: x\n", "ID")]
    [InlineData("ID: 1\nsignal: 1\n", "signal")]
    [InlineData("ID: 1\nnotify: shout/pid.1\n", "notify")]
    [InlineData("ID: 1\nnotify: signal/who.1\n", "notify")]
    [InlineData("ID: 1\nClockID: \n", "ClockID")]
    public void Parse_Malformed_NamesField(string text, string field) =>
        Assert.Equal(field, Assert.Throws<ProcFormatException>(() => PosixTimerInfo.Parse("timers", Encoding.UTF8.GetBytes(text))).Field);
}
