namespace Torpor.Linux;

/// <summary>The clocks that a time namespace shifts, see clock_gettime(2).</summary>
public static class Clock
{
    /// <summary>CLOCK_MONOTONIC as this process sees it, to 100 ns.</summary>
    public static TimeSpan Monotonic => Read(1);

    /// <summary>CLOCK_BOOTTIME as this process sees it, to 100 ns.</summary>
    public static TimeSpan Boottime => Read(7);

    private static TimeSpan Read(int clock) => ClockCalls.Get(clock);
}
