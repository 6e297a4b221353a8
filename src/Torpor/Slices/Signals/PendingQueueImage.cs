using System.Buffers.Binary;
using Google.Protobuf;
using Torpor.Images.Messages;
using static Torpor.Linux.Uapi.Signal;

namespace Torpor.Slices.Signals;

/// <summary>A queue of pending signals, each as the kernel's 128-byte siginfo, as <c>signal_queue_entry</c>.</summary>
internal static class PendingQueueImage
{
    public const int SigInfoSize = 128;

    private const int CodeOffset = 8;

    /// <summary>si_sys_private of a POSIX timer's signal: the kernel's own note of which expiry it was, zero when the program gets it.</summary>
    private const int TimerPrivateOffset = 32;

    /// <summary>All but SIGSTOP, which no queue can be given.</summary>
    /// <param name="infos">What is queued, oldest first.</param>
    /// <param name="pending">The set of pending signals, bit 0 for signal 1.</param>
    public static SignalQueueEntry ToImage(IReadOnlyList<byte[]> infos, ulong pending)
    {
        var queue = new SignalQueueEntry();
        pending &= ~(1UL << (SIGSTOP - 1));
        foreach (byte[] info in infos.Where(info => SignalOf(info) != SIGSTOP))
        {
            queue.Signals.Add(new SiginfoEntry { Siginfo = ByteString.CopyFrom(Settle(info)) });
            int signal = SignalOf(info);
            if (signal is > 0 and <= NSIG)
                pending &= ~(1UL << (signal - 1));
        }
        // A signal sent when the queue was full is pending without a siginfo; the receiver sees SI_USER and pid 0.
        for (int signal = 1; signal <= NSIG; signal++)
        {
            if ((pending & (1UL << (signal - 1))) == 0)
                continue;
            byte[] info = new byte[SigInfoSize];
            BinaryPrimitives.WriteInt32LittleEndian(info, signal);
            queue.Signals.Add(new SiginfoEntry { Siginfo = ByteString.CopyFrom(info) });
        }
        return queue;
    }

    /// <exception cref="TorporException">An entry is no siginfo, or of a signal that is never pending.</exception>
    public static IReadOnlyList<byte[]> FromImage(SignalQueueEntry? queue)
    {
        var infos = new List<byte[]>();
        foreach (SiginfoEntry entry in queue?.Signals ?? [])
        {
            if (entry.Siginfo.Length is < CodeOffset + sizeof(int) or > SigInfoSize)
                throw new TorporException(FailureKind.ImageDamaged, $"a pending signal's siginfo has {entry.Siginfo.Length} bytes instead of {SigInfoSize}");
            byte[] info = new byte[SigInfoSize];
            entry.Siginfo.CopyTo(info, 0);
            if (SignalOf(info) is < 1 or > NSIG or SIGKILL or SIGSTOP)
                throw new TorporException(FailureKind.ImageDamaged, $"signal {SignalOf(info)} can't be pending");
            infos.Add(info);
        }
        return infos;
    }

    public static int SignalOf(ReadOnlySpan<byte> info) => BinaryPrimitives.ReadInt32LittleEndian(info);

    private static byte[] Settle(byte[] info)
    {
        if (BinaryPrimitives.ReadInt32LittleEndian(info.AsSpan(CodeOffset)) != SI_TIMER)
            return info;
        byte[] settled = [.. info];
        settled.AsSpan(TimerPrivateOffset, sizeof(int)).Clear();
        return settled;
    }
}
