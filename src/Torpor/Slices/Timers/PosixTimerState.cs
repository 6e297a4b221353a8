using System.Buffers.Binary;
using Torpor.Images.Messages;

namespace Torpor.Slices.Timers;

/// <summary>struct itimerspec in nanoseconds, see timer_settime(2).</summary>
internal readonly record struct TimerSetting(ulong IntervalSeconds, ulong IntervalNanoseconds, ulong Seconds, ulong Nanoseconds)
{
    public const int KernelSize = 32;

    private const ulong NanosecondsInSecond = 1_000_000_000;

    public bool Armed => Seconds != 0 || Nanoseconds != 0;

    public bool IsSane => IntervalSeconds <= long.MaxValue && Seconds <= long.MaxValue
        && IntervalNanoseconds < NanosecondsInSecond && Nanoseconds < NanosecondsInSecond;

    public static TimerSetting Decode(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt64LittleEndian(bytes),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]));

    public byte[] Encode()
    {
        byte[] bytes = new byte[KernelSize];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, IntervalSeconds);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8), IntervalNanoseconds);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(16), Seconds);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(24), Nanoseconds);
        return bytes;
    }
}

/// <summary>A POSIX timer, see timer_create(2).</summary>
/// <param name="Id">The kernel's number.</param>
/// <param name="Clock">CLOCK_*, negative for CPU clocks.</param>
/// <param name="Signal">The signal it sends.</param>
/// <param name="Notify">SIGEV_*.</param>
/// <param name="Value">sigev_value.</param>
/// <param name="Thread">The thread that it notifies, as it sees itself; null for the process.</param>
/// <param name="Overrun">Expirations that the last signal did not tell.</param>
/// <param name="Setting">The rest until it expires, and the interval.</param>
internal sealed record PosixTimerState(int Id, int Clock, int Signal, int Notify, ulong Value, uint? Thread, uint Overrun, TimerSetting Setting)
{
    public const int SIGEV_SIGNAL = 0;
    public const int SIGEV_NONE = 1;
    public const int SIGEV_THREAD = 2;
    public const int SIGEV_THREAD_ID = 4;

    private const int SigEventSize = 64;

    /// <summary>struct sigevent of x86-64.</summary>
    public byte[] EncodeEvent()
    {
        byte[] bytes = new byte[SigEventSize];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Value);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), Signal);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), Notify);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(16), Thread ?? 0);
        return bytes;
    }

    public PosixTimerEntry ToImage()
    {
        var entry = new PosixTimerEntry
        {
            ItId = (uint)Id,
            ClockId = unchecked((uint)Clock),
            SiSigno = (uint)Signal,
            ItSigevNotify = (uint)Notify,
            SivalPtr = Value,
            Overrun = Overrun,
            Isec = Setting.IntervalSeconds,
            Insec = Setting.IntervalNanoseconds,
            Vsec = Setting.Seconds,
            Vnsec = Setting.Nanoseconds,
        };
        if (Thread is { } thread)
            entry.NotifyThreadId = (int)thread;
        return entry;
    }

    public static PosixTimerState FromImage(PosixTimerEntry entry) => new(
        unchecked((int)entry.ItId), unchecked((int)entry.ClockId), unchecked((int)entry.SiSigno), unchecked((int)entry.ItSigevNotify), entry.SivalPtr,
        entry.HasNotifyThreadId ? unchecked((uint)entry.NotifyThreadId) : null, entry.Overrun,
        new TimerSetting(entry.Isec, entry.Insec, entry.Vsec, entry.Vnsec));
}

/// <summary>The numbers of CPU clocks: an id, inverted and shifted, with bits for the kind. See clock_getcpuclockid(3).</summary>
internal static class CpuClock
{
    private const int ThreadBit = 4;
    private const int KindBits = 3;

    public static bool IsCpuClock(int clock) => clock < 0;

    public static bool IsOfThread(int clock) => (clock & ThreadBit) != 0;

    /// <summary>The process or thread; zero for the timer's own creator.</summary>
    public static uint Owner(int clock) => (uint)~(clock >> KindBits);
}
