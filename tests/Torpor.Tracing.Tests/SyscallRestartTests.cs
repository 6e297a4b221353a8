using Torpor.Linux;
using Torpor.Tracing;
using Xunit;

namespace Torpor.Tracing.Tests;

public class SyscallRestartTests
{
    private const int FUTEX_WAIT = 0;
    private const int FUTEX_WAIT_BITSET = 9;
    private const int FUTEX_PRIVATE_FLAG = 128;
    private const int TIMER_ABSTIME = 1;

    [Theory]
    [InlineData(Errno.ERESTARTSYS)]
    [InlineData(Errno.ERESTARTNOINTR)]
    [InlineData(Errno.ERESTARTNOHAND)]
    public void Settle_RestartableCall_StartsOver(Errno error)
    {
        Registers settled = SyscallRestart.Settle(Stopped(SyscallNumber.read, error));

        Assert.Equal(0x1000UL, settled.InstructionPointer.Value);
        Assert.Equal((ulong)SyscallNumber.read, settled.Rax);
        Assert.Equal(-1, settled.PendingSyscall);
    }

    [Theory]
    [InlineData(SyscallNumber.nanosleep, 0)]
    [InlineData(SyscallNumber.poll, 0)]
    [InlineData(SyscallNumber.clock_nanosleep, 0)]
    [InlineData(SyscallNumber.futex, FUTEX_WAIT | FUTEX_PRIVATE_FLAG)]
    public void Settle_RelativeWait_EndsWithEintr(SyscallNumber number, int second)
    {
        Registers settled = SyscallRestart.Settle(Stopped(number, Errno.ERESTART_RESTARTBLOCK, second));

        Assert.Equal(0x1002UL, settled.InstructionPointer.Value);
        Assert.Equal(-(long)Errno.EINTR, settled.SyscallResult);
        Assert.Equal(-1, settled.PendingSyscall);
    }

    [Theory]
    [InlineData(SyscallNumber.clock_nanosleep, TIMER_ABSTIME)]
    [InlineData(SyscallNumber.futex, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG)]
    public void Settle_AbsoluteWait_StartsOver(SyscallNumber number, int second)
    {
        Registers settled = SyscallRestart.Settle(Stopped(number, Errno.ERESTART_RESTARTBLOCK, second));

        Assert.Equal(0x1000UL, settled.InstructionPointer.Value);
        Assert.Equal((ulong)number, settled.Rax);
    }

    [Fact]
    public void Settle_OutsideASystemCall_ChangesNothing()
    {
        var registers = new Registers { Rip = 0x1234, Rax = unchecked((ulong)-512L), OrigRax = ulong.MaxValue };

        Assert.Equal(registers, SyscallRestart.Settle(registers));
    }

    [Fact]
    public void Settle_FinishedCall_KeepsItsResult()
    {
        Registers settled = SyscallRestart.Settle(Stopped(SyscallNumber.read, Errno.EAGAIN));

        Assert.Equal(-(long)Errno.EAGAIN, settled.SyscallResult);
        Assert.Equal(0x1002UL, settled.InstructionPointer.Value);
    }

    [Fact]
    public void Calm_EpollWaitWithoutTimeout_StartsOverUnlessAHandlerRuns()
    {
        Registers stopped = Stopped(SyscallNumber.epoll_wait, Errno.EINTR);
        stopped.R10 = unchecked((ulong)-1L);

        Registers calm = SyscallRestart.Calm(stopped);

        Assert.Equal(-(long)Errno.ERESTARTNOHAND, calm.SyscallResult);
        Assert.Equal((long)SyscallNumber.epoll_wait, calm.PendingSyscall);
        Assert.Equal(0x1002UL, calm.InstructionPointer.Value);
    }

    [Theory]
    [InlineData(Errno.ERESTARTSYS)]
    [InlineData(Errno.ERESTARTNOINTR)]
    [InlineData(Errno.ERESTARTNOHAND)]
    public void Unsettle_SettledCall_IsUndecidedAgain(Errno error)
    {
        Registers stopped = Stopped(SyscallNumber.read, error);

        Assert.Equal(error, SyscallRestart.Undecided(stopped));
        Assert.Equal(stopped, SyscallRestart.Unsettle(SyscallRestart.Settle(stopped), error));
    }

    [Fact]
    public void Undecided_AbsoluteWait_StartsOverUnlessAHandlerRuns() =>
        Assert.Equal(Errno.ERESTARTNOHAND, SyscallRestart.Undecided(Stopped(SyscallNumber.clock_nanosleep, Errno.ERESTART_RESTARTBLOCK, TIMER_ABSTIME)));

    [Theory]
    [InlineData(SyscallNumber.nanosleep, Errno.ERESTART_RESTARTBLOCK)]
    [InlineData(SyscallNumber.read, Errno.EINTR)]
    [InlineData(SyscallNumber.read, Errno.EAGAIN)]
    public void Undecided_CallWithOneAnswer_IsNone(SyscallNumber number, Errno error) => Assert.Null(SyscallRestart.Undecided(Stopped(number, error)));

    [Theory]
    [InlineData(Errno.EINTR)]
    [InlineData(Errno.ERESTART_RESTARTBLOCK)]
    public void Unsettle_OtherError_IsRefused(Errno error) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => SyscallRestart.Unsettle(new Registers(), error));

    [Fact]
    public void Calm_EpollWaitWithTimeout_StaysInterrupted()
    {
        Registers stopped = Stopped(SyscallNumber.epoll_wait, Errno.EINTR);
        stopped.R10 = 500;

        Assert.Equal(stopped, SyscallRestart.Calm(stopped));
    }

    private static Registers Stopped(SyscallNumber number, Errno error, int second = 0) =>
        new() { Rip = 0x1002, OrigRax = (ulong)number, Rax = unchecked((ulong)-(long)error), Rsi = (ulong)second };
}
