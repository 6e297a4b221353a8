using Torpor.Images.Messages;

namespace Torpor.Model;

/// <summary>Finds a signal by which threads can report the end of their plan: one that no queue in the images holds.</summary>
internal static class PendingSignals
{
    /// <summary>Signals that stand for nothing but a decision of a user, so that a thread gets none by accident.</summary>
    private static readonly int[] s_candidates = [23, 28, 10, 12, 16, 29, 30, 21, 22, 20, 14, 26, 27, 24, 25, 13, 15, 17, 1, 2, 3, 6];

    public static int ChooseCompletion(ProcessImages images)
    {
        ulong pending = 0;
        foreach (CoreEntry core in images.Cores.Values)
        {
            pending |= Collect(core.Tc?.SignalsS);
            pending |= Collect(core.ThreadCore?.SignalsP);
        }
        foreach (int signal in s_candidates)
        {
            if ((pending & (1UL << (signal - 1))) == 0)
                return signal;
        }
        throw new TorporException(FailureKind.Refused, "every standard signal is pending in the images", "let the program handle some signals before the checkpoint");
    }

    private static ulong Collect(SignalQueueEntry? queue)
    {
        ulong pending = 0;
        foreach (SiginfoEntry entry in queue?.Signals ?? [])
        {
            int signal = entry.Siginfo.Length >= sizeof(int) ? BitConverter.ToInt32(entry.Siginfo.Span) : 0;
            if (signal is > 0 and <= 64)
                pending |= 1UL << (signal - 1);
        }
        return pending;
    }
}
