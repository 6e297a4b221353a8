using Google.Protobuf;
using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Model;
using Torpor.Slices.Signals;
using Torpor.Tracing;
using Xunit;

namespace Torpor.Tests.Slices.Signals;

public sealed class SignalsSliceTests
{
    [Fact]
    public void Decode_KernelSigaction_RoundTripsThroughImage()
    {
        byte[] kernel = [.. Enumerable.Range(1, SignalActionState.KernelSize).Select(i => (byte)i)];
        SaEntry image = SignalActionState.Decode(kernel).ToImage();
        Assert.Equal(kernel, SignalActionState.FromImage(image).Encode());
    }

    [Fact]
    public void Encode_StackInUse_DropsOnlyThatFlag()
    {
        var stack = new AlternateStackState(0x7000, 0x8000_0001, 8192);
        AlternateStackState set = AlternateStackState.Decode(AlternateStackState.FromImage(stack.ToImage()).Encode());
        Assert.Equal(new AlternateStackState(0x7000, 0x8000_0000, 8192), set);
    }

    [Fact]
    public void Compile_AllActions_SetsEachSignalButKillAndStopInOrder()
    {
        CoreEntry core = Core();
        core.ThreadCore.Sas = new ThreadSasEntry { SsSp = 0x1000, SsSize = 4096, SsFlags = 0 };
        RestoreContext context = Plan.Context((42, core));
        new SignalsSlice().Compile(context);

        IEnumerable<ulong> signals = context.Process.Steps.Select(s => s.Arguments[0].Value);
        Assert.Equal(Enumerable.Range(1, 64).Where(s => s is not 9 and not 19).Select(s => (ulong)s), signals);
        Assert.All(context.Process.Steps, s => Assert.Equal(SyscallNumber.rt_sigaction, s.Number));
        // Signal 10 is the ninth in the list, for 9 has no place in it.
        byte[] tenth = Plan.Argument(context.Process, 8, 1, SignalActionState.KernelSize);
        Assert.Equal(110UL, SignalActionState.Decode(tenth).Handler);
        Assert.Equal(SyscallNumber.sigaltstack, Assert.Single(context.Leader.Program.Steps).Number);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(61)]
    [InlineData(63)]
    public void Compile_WrongNumberOfActions_IsRefused(int count)
    {
        CoreEntry core = Core();
        core.Tc.Sigactions.Clear();
        for (int i = 0; i < count; i++)
            core.Tc.Sigactions.Add(new SaEntry());
        TorporException failure = Assert.Throws<TorporException>(() => new SignalsSlice().Compile(Plan.Context((42, core))));
        Assert.Equal(FailureKind.ImageForeign, failure.Kind);
    }

    [Fact]
    public void Compile_PendingSignals_QueuesTheProcessesByTheLeaderAndEachThreadsItself()
    {
        CoreEntry leader = Core();
        leader.Tc.SignalsS = Queue(10);
        leader.ThreadCore.SignalsP = Queue(12);
        var second = new CoreEntry { ThreadCore = new ThreadCoreEntry { SignalsP = Queue(34) } };
        RestoreContext context = Plan.Context((42, leader), (43, second));
        new PendingSignalsSlice().Compile(context);

        Assert.Equal(
            [(SyscallNumber.rt_sigqueueinfo, "42 10"), (SyscallNumber.rt_tgsigqueueinfo, "42 42 12")],
            context.Leader.Program.Steps.Select(Describe));
        Assert.Equal([(SyscallNumber.rt_tgsigqueueinfo, "42 43 34")], context.Threads[1].Program.Steps.Select(Describe));
        Assert.Equal("queue pending signal 34 of thread 43", context.Threads[1].Program.Steps[0].Purpose);
        Assert.Equal(34, Plan.Argument(context.Threads[1].Program, 0, 3, 4)[0]);
        Assert.Empty(context.Process.Steps);
    }

    [Fact]
    public void Compile_SeveralTimersWithOnePendingSignal_FireItThemselves()
    {
        CoreEntry leader = Core();
        leader.Tc.Timers = new TaskTimersEntry();
        leader.Tc.Timers.Posix.Add(new PosixTimerEntry { ItId = 5, SiSigno = 10, Isec = 7 });
        leader.Tc.SignalsS = Queue(PendingQueueImageTests.Info(10, 0, fill: 0), TimerInfo(10, 5), TimerInfo(10, 6), TimerInfo(34, 5), TimerInfo(34, 5));
        RestoreContext context = Plan.Context((42, leader));
        new PendingSignalsSlice().Compile(context);

        Assert.Equal(
            [
                (SyscallNumber.rt_sigqueueinfo, "42 10"), (SyscallNumber.timer_settime, "5 0 0"), (SyscallNumber.rt_sigqueueinfo, "42 10"),
                (SyscallNumber.rt_sigqueueinfo, "42 34"), (SyscallNumber.rt_sigqueueinfo, "42 34"),
            ],
            context.Leader.Program.Steps.Select(Describe));
        byte[] setting = Plan.Argument(context.Leader.Program, 1, 2, 32);
        Assert.Equal((7L, 1L), (BitConverter.ToInt64(setting), BitConverter.ToInt64(setting, 24)));
    }

    [Fact]
    public void Compile_OneTimersPendingSignal_IsQueuedWithItsOverrun()
    {
        CoreEntry leader = Core();
        leader.Tc.Timers = new TaskTimersEntry();
        leader.Tc.Timers.Posix.Add(new PosixTimerEntry { ItId = 5, SiSigno = 10 });
        leader.Tc.SignalsS = Queue(TimerInfo(10, 5));
        RestoreContext context = Plan.Context((42, leader));
        new PendingSignalsSlice().Compile(context);
        Assert.Equal(SyscallNumber.rt_sigqueueinfo, Assert.Single(context.Leader.Program.Steps).Number);
    }

    private static byte[] TimerInfo(int signal, int timer)
    {
        byte[] info = PendingQueueImageTests.Info(signal, -2, fill: 0);
        BitConverter.TryWriteBytes(info.AsSpan(16), timer);
        return info;
    }

    private static SignalQueueEntry Queue(params byte[][] infos)
    {
        var queue = new SignalQueueEntry();
        queue.Signals.AddRange(infos.Select(i => new SiginfoEntry { Siginfo = ByteString.CopyFrom(i) }));
        return queue;
    }

    private static (SyscallNumber, string) Describe(SyscallStep step) =>
        (step.Number, string.Join(' ', step.Arguments.Where(a => !a.IsData).Select(a => a.ToString())));

    private static SignalQueueEntry Queue(int signal) =>
        new() { Signals = { new SiginfoEntry { Siginfo = ByteString.CopyFrom(PendingQueueImageTests.Info(signal, 0, fill: 0)) } } };

    /// <summary>A leader whose action for signal N has the handler 100 + N.</summary>
    private static CoreEntry Core()
    {
        var core = new CoreEntry { Tc = new TaskCoreEntry(), ThreadCore = new ThreadCoreEntry() };
        core.Tc.Sigactions.AddRange(SignalsSlice.ActionSignals.Select(s => new SaEntry { Sigaction = 100 + (ulong)s, Flags = 0x04000000, Restorer = 1, Mask = 2 }));
        return core;
    }
}
