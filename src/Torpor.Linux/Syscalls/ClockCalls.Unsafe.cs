namespace Torpor.Linux;

internal static unsafe class ClockCalls
{
    public static TimeSpan Get(int clock)
    {
        Timespec time = default;
        Syscall.Invoke(SyscallNumber.clock_gettime, clock, (nint)(&time)).OrThrow($"clock_gettime({clock})");
        return TimeSpan.FromTicks((time.Seconds * TimeSpan.TicksPerSecond) + (time.Nanoseconds / 100));
    }

    private struct Timespec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
