using Torpor.Linux;
using Torpor.Model;

namespace Torpor.Slices.Signals;

/// <summary>
/// Queues what was pending, after all that a thread does otherwise: everything but the engine's completion signal is
/// blocked then, and the image holds none of that number.
/// </summary>
internal sealed class PendingSignalsSlice : ISlice
{
    public string Name => "pending signals";

    public void Compile(RestoreContext context)
    {
        uint pid = context.Images.Process.Pid;
        foreach (byte[] info in PendingQueueImage.FromImage(context.Leader.Core.Tc?.SignalsS))
        {
            int signal = PendingQueueImage.SignalOf(info);
            // Only to itself may a task send any si_code; the kernel compares with the calling thread, so the leader it is.
            context.Leader.Program.Call($"queue pending signal {signal} of the process", SyscallNumber.rt_sigqueueinfo, pid, signal, context.Leader.Program.Data(info));
        }
        foreach (RestoredThread thread in context.Threads)
        {
            foreach (byte[] info in PendingQueueImage.FromImage(thread.Core.ThreadCore?.SignalsP))
            {
                int signal = PendingQueueImage.SignalOf(info);
                thread.Program.Call($"queue pending signal {signal} of thread {thread.InnerTid}", SyscallNumber.rt_tgsigqueueinfo, pid, thread.InnerTid, signal, thread.Program.Data(info));
            }
        }
    }
}
