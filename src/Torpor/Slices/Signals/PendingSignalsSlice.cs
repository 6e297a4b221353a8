using System.Buffers.Binary;
using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Model;
using static Torpor.Linux.Uapi.Signal;

namespace Torpor.Slices.Signals;

/// <summary>
/// Queues what was pending, after all that a thread does otherwise: everything but the engine's completion signal is
/// blocked then, and the image holds none of that number.
/// </summary>
internal sealed class PendingSignalsSlice : ISlice
{
    private const int TimerSettingSize = 32;

    public string Name => "pending signals";

    public void Compile(RestoreContext context)
    {
        uint pid = context.Images.Process.Pid;
        CompileQueue(context, context.Leader.Core.Tc?.SignalsS, (signal, info) =>
            // Only to itself may a task send any si_code; the kernel compares with the calling thread, so the leader it is.
            context.Leader.Program.Call($"queue pending signal {signal} of the process", SyscallNumber.rt_sigqueueinfo, pid, signal, context.Leader.Program.Data(info)));
        foreach (RestoredThread thread in context.Threads)
        {
            CompileQueue(context, thread.Core.ThreadCore?.SignalsP, (signal, info) =>
                thread.Program.Call($"queue pending signal {signal} of thread {thread.InnerTid}", SyscallNumber.rt_tgsigqueueinfo, pid, thread.InnerTid, signal, thread.Program.Data(info)));
        }
    }

    private static void CompileQueue(RestoreContext context, SignalQueueEntry? image, Action<int, byte[]> queue)
    {
        IReadOnlyList<byte[]> infos = PendingQueueImage.FromImage(image);
        HashSet<int> crowded = [.. infos.Select(i => PendingQueueImage.SignalOf(i)).Where(s => s < SIGRTMIN).GroupBy(s => s).Where(g => g.Count() > 1).Select(g => g.Key)];
        foreach (byte[] info in infos)
        {
            int signal = PendingQueueImage.SignalOf(info);
            if (crowded.Contains(signal) && FindTimer(context, info) is { } timer)
                Fire(context, timer);
            else
                queue(signal, info);
        }
    }

    /// <summary>
    /// A standard signal is queued once, and again only for each POSIX timer that sends it: what a call can't queue, the
    /// timer itself can. It is the leader's step, because the leader makes the timers.
    /// </summary>
    private static void Fire(RestoreContext context, PosixTimerEntry timer)
    {
        byte[] setting = new byte[TimerSettingSize];
        BinaryPrimitives.WriteUInt64LittleEndian(setting, timer.Isec);
        BinaryPrimitives.WriteUInt64LittleEndian(setting.AsSpan(8), timer.Insec);
        BinaryPrimitives.WriteUInt64LittleEndian(setting.AsSpan(24), 1);
        context.Leader.Program.Call($"have POSIX timer {timer.ItId} send its pending signal", SyscallNumber.timer_settime, timer.ItId, 0, context.Leader.Program.Data(setting), 0);
    }

    private static PosixTimerEntry? FindTimer(RestoreContext context, byte[] info) =>
        PendingQueues.TimerOf(info) is { } id
            ? context.Leader.Core.Tc?.Timers?.Posix.FirstOrDefault(t => t.ItId == (uint)id && t.SiSigno == (uint)PendingQueueImage.SignalOf(info))
            : null;
}
