namespace Torpor.Tracing;

/// <summary>
/// The signal by which injected code reports that it is done: a thread sends it to itself, the tracer sees it and drops
/// it. Should the tracer be gone, the signal must do nothing: so it is one that the process neither catches nor blocks
/// nor has pending, and that does nothing by default or is ignored.
/// </summary>
public static class CompletionSignal
{
    private const int SIGCHLD = 17;
    private const int SIGURG = 23;
    private const int SIGWINCH = 28;
    private const int LastStandardSignal = 31;

    private static readonly int[] s_harmlessByDefault = [SIGURG, SIGWINCH, SIGCHLD];

    /// <summary>No signal is safe: the end is found by system call stops instead.</summary>
    public const int None = 0;

    /// <param name="caught">Signals with a handler (SigCgt).</param>
    /// <param name="ignored">Signals set to SIG_IGN (SigIgn).</param>
    /// <param name="blocked">The thread's mask.</param>
    /// <param name="pending">Signals pending for the thread or the process.</param>
    public static int Choose(ulong caught, ulong ignored, ulong blocked, ulong pending)
    {
        ulong unsafeSignals = caught | blocked | pending;
        foreach (int signal in s_harmlessByDefault)
        {
            if ((unsafeSignals & Bit(signal)) == 0)
                return signal;
        }
        for (int signal = 1; signal <= LastStandardSignal; signal++)
        {
            if ((ignored & ~unsafeSignals & Bit(signal)) != 0)
                return signal;
        }
        return None;
    }

    /// <summary>The mask that blocks all signals but this one.</summary>
    public static ulong MaskAllBut(int signal) => signal == None ? ulong.MaxValue : ~Bit(signal);

    private static ulong Bit(int signal) => 1UL << (signal - 1);
}
