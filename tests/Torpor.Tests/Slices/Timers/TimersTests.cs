using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Slices.Timers;
using Torpor.Tracing;
using Xunit;

namespace Torpor.Tests.Slices.Timers;

public class TimersTests
{
    private static readonly TimerSetting Running = new(1, 2, 3, 4);

    private static PosixTimerState Plain(int id, TimerSetting setting = default) => new(id, 1, 14, PosixTimerState.SIGEV_SIGNAL, 0xfeed, null, 0, setting);

    [Fact]
    public void ToImage_IntervalTimer_ComesBack()
    {
        var state = new IntervalTimerState(1, 2, 3, 4);

        Assert.Equal(state, IntervalTimerState.FromImage(state.ToImage()));
        Assert.Equal(state, IntervalTimerState.Decode(state.Encode()));
    }

    [Fact]
    public void ToImage_PosixTimer_ComesBack()
    {
        var state = new PosixTimerState(7, -6, 14, PosixTimerState.SIGEV_THREAD_ID, ulong.MaxValue, 43, 5, Running);

        Assert.Equal(state, PosixTimerState.FromImage(state.ToImage()));
        Assert.Equal(Running, TimerSetting.Decode(Running.Encode()));
    }

    [Fact]
    public void EncodeEvent_ThreadId_LiesAsInStructSigevent()
    {
        byte[] bytes = new PosixTimerState(7, 1, 14, PosixTimerState.SIGEV_THREAD_ID, 0x1122, 43, 0, default).EncodeEvent();

        Assert.Equal(64, bytes.Length);
        Assert.Equal(0x1122UL, BitConverter.ToUInt64(bytes));
        Assert.Equal([14, 4, 43], [BitConverter.ToInt32(bytes, 8), BitConverter.ToInt32(bytes, 12), BitConverter.ToInt32(bytes, 16)]);
    }

    [Fact]
    public void Compile_ChosenIds_AreMadeBetweenTwoSwitchesAndStartedAfter()
    {
        SyscallProgram program = Compile(true, Plain(9, Running), Plain(3));

        Assert.Equal(
            ["choose the ids of timers", "create POSIX timer 3", "create POSIX timer 9", "stop choosing the ids of timers", "start POSIX timer 9"],
            program.Steps.Select(s => s.Purpose));
    }

    [Fact]
    public void Compile_WithoutChosenIds_PassesOverThoseBetween()
    {
        SyscallProgram program = Compile(false, Plain(2), Plain(0));

        Assert.Equal(["create POSIX timer 0", "pass over timer id 1", "delete timer 1", "create POSIX timer 2"], program.Steps.Select(s => s.Purpose));
    }

    [Fact]
    public void Compile_HighIdWithoutChosenIds_IsRefused() =>
        Assert.Equal(FailureKind.Refused, Assert.Throws<TorporException>(() => Compile(false, Plain(5000))).Kind);

    [Fact]
    public void Compile_IntervalTimers_StartOnlyWhenArmed()
    {
        var program = new SyscallProgram("t");
        TaskTimersEntry entry = Entry();
        entry.Virt = new IntervalTimerState(1, 0, 1, 0).ToImage();

        new TimersRestore(program, [42], true).Compile(entry);

        SyscallStep step = Assert.Single(program.Steps);
        Assert.Equal(SyscallNumber.setitimer, step.Number);
        Assert.Equal(1UL, step.Arguments[0].Value);
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    public void Compile_ExpiredPeriodicRealTimer_TicksOnOnlyWhereItsSignalIsPending(bool alarmPending, int steps)
    {
        var program = new SyscallProgram("t");
        TaskTimersEntry entry = Entry();
        entry.Real = new IntervalTimerState(0, 20000, 0, 0).ToImage();

        new TimersRestore(program, [42], true, alarmPending).Compile(entry);

        Assert.Equal(steps, program.Steps.Count);
        if (alarmPending)
            Assert.Equal(new IntervalTimerState(0, 20000, 0, 1), IntervalTimerState.Decode(Plan.Argument(program, 0, 1, IntervalTimerState.KernelSize)));
    }

    [Fact]
    public void Compile_LyingImages_AreDamage()
    {
        PosixTimerState[][] lies =
        [
            [Plain(1), Plain(1)],
            [Plain(-1)],
            [Plain(1) with { Signal = 65 }],
            [Plain(1) with { Notify = 99 }],
            [Plain(1) with { Notify = PosixTimerState.SIGEV_THREAD_ID, Thread = 77 }],
            [Plain(1, new TimerSetting(0, 1_000_000_000, 0, 0))],
        ];

        Assert.All(lies, l => Assert.Equal(FailureKind.ImageDamaged, Assert.Throws<TorporException>(() => Compile(true, l)).Kind));
    }

    [Theory]
    [InlineData(-6, false, 0)]
    [InlineData(-2, true, 0)]
    [InlineData(-182214, false, 22776)]
    [InlineData(-182210, true, 22776)]
    public void CpuClock_Number_TellsOwnerAndKind(int clock, bool ofThread, uint owner)
    {
        Assert.True(CpuClock.IsCpuClock(clock));
        Assert.Equal(ofThread, CpuClock.IsOfThread(clock));
        Assert.Equal(owner, CpuClock.Owner(clock));
    }

    private static TaskTimersEntry Entry()
    {
        ItimerEntry idle = new IntervalTimerState(0, 0, 0, 0).ToImage();
        return new TaskTimersEntry { Real = idle, Virt = idle, Prof = idle };
    }

    private static SyscallProgram Compile(bool mayChooseIds, params PosixTimerState[] timers)
    {
        var program = new SyscallProgram("t");
        TaskTimersEntry entry = Entry();
        entry.Posix.AddRange(timers.Select(t => t.ToImage()));
        new TimersRestore(program, [42, 43], mayChooseIds).Compile(entry);
        return program;
    }
}
