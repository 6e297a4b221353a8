using Torpor.Linux;
using Torpor.Linux.ProcFs;
using static Torpor.Linux.Uapi.Fcntl;

namespace Torpor.Slices.Files.TimerFd;

/// <summary>timerfd_create(2) descriptors.</summary>
internal sealed class TimerFdKind : IFileKind
{
    private const uint CLOCK_REALTIME = 0;
    private const uint CLOCK_REALTIME_ALARM = 8;
    private const uint TFD_TIMER_ABSTIME = 1;
    private const uint TFD_TIMER_CANCEL_ON_SET = 2;

    /// <summary>Sets the count of unread expirations; kernels built with CONFIG_CHECKPOINT_RESTORE have it.</summary>
    private const uint TFD_IOC_SET_TICKS = 0x40085400;

    public FdTypes? Restores => FdTypes.Timerfd;

    public bool Recognizes(OpenDescription description) => description.Link == "anon_inode:[timerfd]";

    public void Inspect(FileInspection inspection, IReadOnlyList<OpenDescription> descriptions)
    {
        foreach (OpenDescription description in descriptions)
        {
            if (!inspection.TryOwner(description, out SignalOwner owner))
                continue;
            if (description.Info.TimerFd is not { } info)
            {
                inspection.Refuse(description, "does not tell its time in /proc");
                continue;
            }
            var state = new TimerFdState((uint)description.Flags, owner, (uint)info.ClockId, info.Ticks, (uint)info.SettimeFlags,
                info.Value, info.Interval, Deadline(info));
            inspection.Add(description, TimerFdImage.ToEntry(state));
        }
    }

    /// <summary>A moment of the wall clock stays that moment however long the process is away; all other timers go on with what remained.</summary>
    private static TimerSpan Deadline(TimerFdInfo info)
    {
        bool armed = info.Value != default;
        if (!armed || !IsWallClock((uint)info.ClockId) || (info.SettimeFlags & TFD_TIMER_ABSTIME) == 0)
            return default;
        TimeSpan since = DateTime.UtcNow - DateTime.UnixEpoch;
        long nanoseconds = (since.Ticks % TimeSpan.TicksPerSecond * 100) + info.Value.Nanoseconds;
        return new TimerSpan((long)since.TotalSeconds + info.Value.Seconds + (nanoseconds / 1_000_000_000), nanoseconds % 1_000_000_000);
    }

    private static bool IsWallClock(uint clock) => clock is CLOCK_REALTIME or CLOCK_REALTIME_ALARM;

    public void Compile(FileRestore restore, IReadOnlyList<RestoredDescription> descriptions)
    {
        foreach (RestoredDescription description in descriptions)
        {
            TimerFdState state = TimerFdImage.FromEntry(description.Entry);
            int fd = restore.Table.Open(restore.Program, $"create timerfd ({description})", SyscallNumber.timerfd_create,
                state.Clock, (state.Flags & O_NONBLOCK) | O_CLOEXEC);
            Arm(restore, description, state, fd);
            state.Owner.Compile(restore, description);
            restore.Place(fd, description);
        }
    }

    private static void Arm(FileRestore restore, RestoredDescription description, TimerFdState state, int fd)
    {
        TimerSpan value = state.Remaining;
        uint flags = 0;
        if (state.Deadline != default)
        {
            value = state.Deadline;
            flags = TFD_TIMER_ABSTIME | (state.SettimeFlags & TFD_TIMER_CANCEL_ON_SET);
        }
        else if (value == default && state.Interval != default && state.Ticks > 0)
        {
            // A periodic timer that expired rests until it is read; the kernel then counts the intervals missed. One
            // nanosecond makes it expire at once, where zero would disarm it.
            value = new TimerSpan(0, 1);
        }
        if (value != default || state.Interval != default)
        {
            Span<byte> times = stackalloc byte[32];
            BitConverter.TryWriteBytes(times, state.Interval.Seconds);
            BitConverter.TryWriteBytes(times[8..], state.Interval.Nanoseconds);
            BitConverter.TryWriteBytes(times[16..], value.Seconds);
            BitConverter.TryWriteBytes(times[24..], value.Nanoseconds);
            restore.Program.Call($"arm timerfd ({description})", SyscallNumber.timerfd_settime, fd, flags, restore.Program.Data(times), 0);
        }
        if (state.Ticks > 0)
        {
            restore.Program.Call($"set the expirations of timerfd ({description})", SyscallNumber.ioctl, fd, TFD_IOC_SET_TICKS,
                restore.Program.Data(BitConverter.GetBytes(state.Ticks)));
        }
    }
}
