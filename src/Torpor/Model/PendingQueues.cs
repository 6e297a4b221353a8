using System.Buffers.Binary;
using static Torpor.Linux.Uapi.Signal;

namespace Torpor.Model;

/// <summary>
/// The queues of pending signals, read once for all slices. Timers run on while a process is stopped: only one reading
/// tells what to make of a timer that has expired between the slices that ask for it.
/// </summary>
internal sealed class PendingQueues
{
    private const int CodeOffset = 8;
    private const int TimerOffset = 16;

    private bool _read;

    /// <summary>The process's, oldest first, each the kernel's 128-byte siginfo.</summary>
    public IReadOnlyList<byte[]> Shared { get; private set; } = [];

    /// <summary>Each thread's, in the order of <see cref="CaptureContext.Threads"/>.</summary>
    public IReadOnlyList<IReadOnlyList<byte[]>> Threads { get; private set; } = [];

    /// <summary>The queues as they were when this was first called; that is the engine, once the target's own calls are done.</summary>
    public static PendingQueues Of(CaptureContext context)
    {
        PendingQueues queues = context.State.GetOrAdd<PendingQueues>();
        if (!queues._read)
            queues.Read(context);
        return queues;
    }

    /// <summary>The queues as they are now.</summary>
    public static PendingQueues ReadNow(CaptureContext context)
    {
        var queues = new PendingQueues();
        queues.Read(context);
        return queues;
    }

    /// <summary>The POSIX timers whose signal is in one of the queues, by the kernel's number.</summary>
    public IReadOnlySet<int> Timers => Threads.SelectMany(t => t).Concat(Shared).Select(i => TimerOf(i)).OfType<int>().ToHashSet();

    /// <summary>True when the real interval timer's signal is in the process's queue, or one that hides it.</summary>
    public bool HasAlarm => Shared.Any(i => BinaryPrimitives.ReadInt32LittleEndian(i) == SIGALRM);

    /// <summary>The POSIX timer that a signal is from; null for other signals.</summary>
    public static int? TimerOf(ReadOnlySpan<byte> info) =>
        info.Length >= TimerOffset + sizeof(int) && BinaryPrimitives.ReadInt32LittleEndian(info[CodeOffset..]) == SI_TIMER
            ? BinaryPrimitives.ReadInt32LittleEndian(info[TimerOffset..])
            : null;

    private void Read(CaptureContext context)
    {
        Threads = [.. context.Threads.Select(t => t.Tracee.PeekSignals(shared: false))];
        Shared = context.Leader.Tracee.PeekSignals(shared: true);
        _read = true;
    }
}
