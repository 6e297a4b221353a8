using Torpor.Linux;

namespace Torpor.Model;

/// <summary>Waits for a child as a shell waits for a foreground job.</summary>
internal static class ForegroundJob
{
    private const int KilledBySignal = 128;

    /// <summary>The exit code of the child, or 128 plus the signal that killed it.</summary>
    public static int Wait(Pid pid)
    {
        while (true)
        {
            WaitStatus status = Ptrace.Wait(pid.Leader);
            if (status.Exited)
                return status.ExitCode;
            if (status.Signaled)
                return KilledBySignal + status.TerminationSignal;
        }
    }
}
