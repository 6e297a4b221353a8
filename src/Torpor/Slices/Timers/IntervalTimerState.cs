using System.Buffers.Binary;
using Torpor.Images.Messages;

namespace Torpor.Slices.Timers;

/// <summary>struct itimerval in microseconds, see getitimer(2).</summary>
internal sealed record IntervalTimerState(ulong IntervalSeconds, ulong IntervalMicroseconds, ulong Seconds, ulong Microseconds)
{
    public const int KernelSize = 32;

    private const ulong MicrosecondsInSecond = 1_000_000;

    public bool Armed => Seconds != 0 || Microseconds != 0;

    public bool Periodic => IntervalSeconds != 0 || IntervalMicroseconds != 0;

    public bool IsSane => IntervalSeconds <= long.MaxValue && Seconds <= long.MaxValue
        && IntervalMicroseconds < MicrosecondsInSecond && Microseconds < MicrosecondsInSecond;

    public static IntervalTimerState Decode(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt64LittleEndian(bytes),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]));

    public byte[] Encode()
    {
        byte[] bytes = new byte[KernelSize];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, IntervalSeconds);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8), IntervalMicroseconds);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(16), Seconds);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(24), Microseconds);
        return bytes;
    }

    public ItimerEntry ToImage() => new() { Isec = IntervalSeconds, Iusec = IntervalMicroseconds, Vsec = Seconds, Vusec = Microseconds };

    public static IntervalTimerState FromImage(ItimerEntry entry) => new(entry.Isec, entry.Iusec, entry.Vsec, entry.Vusec);
}
