namespace Torpor.Linux.ProcFs;

/// <summary>An eventfd's counter.</summary>
/// <param name="Count">The counter's value.</param>
/// <param name="Id">The same for all descriptors of one eventfd.</param>
/// <param name="Semaphore">Whether it has EFD_SEMAPHORE; null before Linux 6.5.</param>
public sealed record EventFdInfo(ulong Count, int? Id, bool? Semaphore);

/// <summary>One registration of an epoll descriptor.</summary>
/// <param name="Fd">The number under which the file was registered; it may be closed or reused by now.</param>
/// <param name="Events">EPOLL*; a one-shot registration that has fired has only its flags left.</param>
/// <param name="Data">epoll_data.</param>
/// <param name="Position">The file's position; null before Linux 4.11.</param>
/// <param name="Inode">The file's inode.</param>
/// <param name="Device">The device of the file's super block.</param>
public sealed record EventPollInfo(RemoteFd Fd, uint Events, ulong Data, long? Position, ulong? Inode, DeviceId? Device);

/// <summary>A signalfd's set; bit 0 is signal 1.</summary>
public sealed record SignalFdInfo(ulong Mask);

/// <summary>A timerfd. Times are as timerfd_gettime(2) tells them: remaining, not absolute.</summary>
/// <param name="ClockId">CLOCK_*.</param>
/// <param name="Ticks">Expirations not yet read.</param>
/// <param name="SettimeFlags">TFD_TIMER_ABSTIME and TFD_TIMER_CANCEL_ON_SET as last set.</param>
/// <param name="Value">
/// Time to the next expiration; zero when disarmed, and also while a periodic timer has expirations that were not read,
/// because the kernel starts its next period at the read.
/// </param>
/// <param name="Interval">Zero for a timer that fires once.</param>
public sealed record TimerFdInfo(int ClockId, ulong Ticks, int SettimeFlags, TimerSpan Value, TimerSpan Interval);

/// <summary>Seconds and nanoseconds.</summary>
public readonly record struct TimerSpan(long Seconds, long Nanoseconds);

/// <summary>One watch of an inotify descriptor.</summary>
/// <param name="Watch">The watch descriptor.</param>
/// <param name="Inode">The watched inode.</param>
/// <param name="Device">The device of its super block.</param>
/// <param name="Mask">IN_*.</param>
/// <param name="HandleType">The type of the file handle; null when the file system gives none.</param>
/// <param name="Handle">The bytes of the file handle, see open_by_handle_at(2).</param>
public sealed record InotifyInfo(int Watch, ulong Inode, DeviceId Device, uint Mask, int? HandleType, IReadOnlyList<byte> Handle);

/// <summary>A pidfd's process.</summary>
/// <param name="Pid">As the reader's pid namespace numbers it; 0 when it is not in there, -1 when it is gone.</param>
/// <param name="NSpid">From the reader's pid namespace to the innermost.</param>
public sealed record PidFdInfo(int Pid, IReadOnlyList<int> NSpid);

/// <content>What each kind of descriptor adds.</content>
public sealed partial class FdInfo
{
    private const int MaximumLines = 1 << 24;
    private const int MaximumHandle = 128;

    /// <summary>The eventfd's state; null when the descriptor is none.</summary>
    public EventFdInfo? EventFd
    {
        get
        {
            ProcFields fields = ProcFields.Read(_file, _text);
            if (!fields.TryGet("eventfd-count", out ProcReader count))
                return null;
            return new EventFdInfo(
                count.Hex("eventfd-count"),
                fields.TryGet("eventfd-id", out ProcReader id) ? id.Int32("eventfd-id") : null,
                fields.TryGet("eventfd-semaphore", out ProcReader semaphore) ? semaphore.Int32("eventfd-semaphore") != 0 : null);
        }
    }

    /// <summary>The signalfd's state; null when the descriptor is none.</summary>
    public SignalFdInfo? SignalFd =>
        ProcFields.Read(_file, _text).TryGet("sigmask", out ProcReader mask) ? new SignalFdInfo(mask.Hex("sigmask")) : null;

    /// <summary>The pidfd's process; null when the descriptor is none.</summary>
    public PidFdInfo? PidFd
    {
        get
        {
            ProcFields fields = ProcFields.Read(_file, _text);
            if (!fields.TryGet("Pid", out ProcReader pid))
                return null;
            var inner = new List<int>();
            if (fields.TryGet("NSpid", out ProcReader line))
            {
                for (; !line.AtEnd && inner.Count < 64; line.SkipBlanks())
                    inner.Add(line.Int32("NSpid"));
            }
            return new PidFdInfo(pid.Int32("Pid"), inner);
        }
    }

    /// <summary>The timerfd's state; null when the descriptor is none.</summary>
    public TimerFdInfo? TimerFd
    {
        get
        {
            ProcFields fields = ProcFields.Read(_file, _text);
            if (!fields.TryGet("clockid", out ProcReader clock))
                return null;
            return new TimerFdInfo(
                clock.Int32("clockid"),
                fields.Required("ticks").Decimal("ticks"),
                (int)fields.Required("settime flags").Octal("settime flags"),
                Span(fields.Required("it_value"), "it_value"),
                Span(fields.Required("it_interval"), "it_interval"));
        }
    }

    private static TimerSpan Span(ProcReader line, string field)
    {
        line.Expect((byte)'(', field);
        long seconds = line.Signed(field);
        line.Expect((byte)',', field);
        line.SkipBlanks();
        long nanoseconds = line.Signed(field);
        line.Expect((byte)')', field);
        return new TimerSpan(seconds, nanoseconds);
    }

    /// <summary>The registrations of an epoll descriptor, in the kernel's order.</summary>
    public IReadOnlyList<EventPollInfo> EventPoll
    {
        get
        {
            var entries = new List<EventPollInfo>();
            var reader = new ProcReader(_file, _text);
            while (reader.NextLine(out ProcReader line) && entries.Count < MaximumLines)
            {
                if (!line.TryTake("tfd:"u8))
                    continue;
                line.SkipBlanks();
                int fd = line.Int32("tfd");
                Labelled(ref line, "events:"u8, "events");
                uint events = line.Hex32("events");
                Labelled(ref line, "data:"u8, "data");
                ulong data = line.Hex("data");
                long? position = TryLabelled(ref line, "pos:"u8) ? line.Signed("pos") : null;
                ulong? inode = TryLabelled(ref line, "ino:"u8) ? line.Hex("ino") : null;
                DeviceId? device = TryLabelled(ref line, "sdev:"u8) ? DeviceId.FromKernel(line.Hex32("sdev")) : null;
                entries.Add(new EventPollInfo(new RemoteFd(fd), events, data, position, inode, device));
            }
            return entries;
        }
    }

    /// <summary>The watches of an inotify descriptor, in the kernel's order.</summary>
    public IReadOnlyList<InotifyInfo> Inotify
    {
        get
        {
            var entries = new List<InotifyInfo>();
            var reader = new ProcReader(_file, _text);
            while (reader.NextLine(out ProcReader line) && entries.Count < MaximumLines)
            {
                if (!line.TryTake("inotify"u8))
                    continue;
                Labelled(ref line, "wd:"u8, "wd");
                int watch = (int)line.Hex32("wd");
                Labelled(ref line, "ino:"u8, "ino");
                ulong inode = line.Hex("ino");
                Labelled(ref line, "sdev:"u8, "sdev");
                DeviceId device = DeviceId.FromKernel(line.Hex32("sdev"));
                Labelled(ref line, "mask:"u8, "mask");
                uint mask = line.Hex32("mask");
                if (TryLabelled(ref line, "ignored_mask:"u8))
                    line.Hex32("ignored_mask");
                (int? type, byte[] handle) = Handle(ref line);
                entries.Add(new InotifyInfo(watch, inode, device, mask, type, handle));
            }
            return entries;
        }
    }

    private static (int? Type, byte[] Handle) Handle(ref ProcReader line)
    {
        if (!TryLabelled(ref line, "fhandle-bytes:"u8))
            return (null, []);
        uint length = line.Hex32("fhandle-bytes");
        if (length > MaximumHandle)
            throw line.Fail("fhandle-bytes", "too long");
        Labelled(ref line, "fhandle-type:"u8, "fhandle-type");
        int type = (int)line.Hex32("fhandle-type");
        Labelled(ref line, "f_handle:"u8, "f_handle");
        byte[] handle = new byte[length];
        for (int i = 0; i < handle.Length; i++)
        {
            ReadOnlySpan<byte> digits = line.Rest;
            if (digits.Length < 2 || !byte.TryParse(digits[..2], System.Globalization.NumberStyles.AllowHexSpecifier, null, out handle[i]))
                throw line.Fail("f_handle", "two hexadecimal digits expected");
            line.Skip(2);
        }
        return (type, handle);
    }

    private static bool TryLabelled(ref ProcReader line, ReadOnlySpan<byte> label)
    {
        line.SkipBlanks();
        if (!line.TryTake(label))
            return false;
        line.SkipBlanks();
        return true;
    }

    private static void Labelled(ref ProcReader line, ReadOnlySpan<byte> label, string field)
    {
        if (!TryLabelled(ref line, label))
            throw line.Fail(field, "missing");
    }
}
