using Torpor.Linux.ProcFs;

namespace Torpor.Slices.Files.TimerFd;

/// <summary>A timer that is read, see timerfd_create(2).</summary>
/// <param name="Flags">O_*.</param>
/// <param name="Owner">Who gets its signals.</param>
/// <param name="Clock">CLOCK_*.</param>
/// <param name="Ticks">Expirations not yet read.</param>
/// <param name="SettimeFlags">TFD_TIMER_*, as last set.</param>
/// <param name="Remaining">Until the next expiration; zero when disarmed or expired.</param>
/// <param name="Interval">Zero for a timer that fires once.</param>
/// <param name="Deadline">On the wall clock, in seconds since 1970, for a timer that was set to a moment of it; else zero.</param>
internal sealed record TimerFdState(
    uint Flags,
    SignalOwner Owner,
    uint Clock,
    ulong Ticks,
    uint SettimeFlags,
    TimerSpan Remaining,
    TimerSpan Interval,
    TimerSpan Deadline);

/// <summary>The state in files.img.</summary>
internal static class TimerFdImage
{
    private const ulong NanosecondsPerSecond = 1_000_000_000;

    public static FileEntry ToEntry(TimerFdState state)
    {
        var message = new TimerfdEntry
        {
            Flags = state.Flags,
            Fown = state.Owner.ToEntry(),
            Clockid = state.Clock,
            Ticks = state.Ticks,
            SettimeFlags = state.SettimeFlags,
            Vsec = (ulong)state.Remaining.Seconds,
            Vnsec = (ulong)state.Remaining.Nanoseconds,
            Isec = (ulong)state.Interval.Seconds,
            Insec = (ulong)state.Interval.Nanoseconds,
        };
        if (state.Deadline != default)
        {
            message.TorporDeadlineSec = (ulong)state.Deadline.Seconds;
            message.TorporDeadlineNsec = (ulong)state.Deadline.Nanoseconds;
        }
        return new FileEntry { Type = FdTypes.Timerfd, Tfd = message };
    }

    public static TimerFdState FromEntry(FileEntry entry)
    {
        TimerfdEntry message = entry.Tfd ?? throw FileRestore.Damaged($"file id {entry.Id} is a timerfd without its state");
        return new TimerFdState(
            message.Flags,
            SignalOwner.FromEntry(message.Fown),
            message.Clockid,
            message.Ticks,
            message.SettimeFlags,
            Span(message.Vsec, message.Vnsec, entry.Id),
            Span(message.Isec, message.Insec, entry.Id),
            Span(message.TorporDeadlineSec, message.TorporDeadlineNsec, entry.Id));
    }

    private static TimerSpan Span(ulong seconds, ulong nanoseconds, uint id) =>
        seconds <= long.MaxValue && nanoseconds < NanosecondsPerSecond
            ? new TimerSpan((long)seconds, (long)nanoseconds)
            : throw FileRestore.Damaged($"file id {id} is a timerfd with an impossible time");
}
