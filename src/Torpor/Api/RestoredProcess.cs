using Torpor.Linux;
using Torpor.Model;

namespace Torpor;

/// <summary>A restored process that runs: a child of this process, until one of the two ends.</summary>
public sealed class RestoredProcess : IDisposable
{
    private readonly Pid _pid;

    private RestoredProcess(RestoreReport report, Pid pid)
    {
        Report = report;
        _pid = pid;
    }

    public RestoreReport Report { get; }

    internal static RestoredProcess Explained(RestoreReport report) => new(report, default);

    internal static RestoredProcess Running(RestoreReport report, Pid pid) => new(report, pid);

    /// <summary>
    /// Waits for the end of the root process, passing on the signals that a foreground job gets; returns a shell's exit
    /// status (128 + signal when it was killed).
    /// </summary>
    public int WaitForExit(CancellationToken cancellation = default)
    {
        using var forwarding = new SignalForwarding(_pid);
        return ForegroundJob.Wait(_pid);
    }

    /// <summary>Sends a signal to the root process.</summary>
    public void Signal(int signal) => Syscall.Invoke(SyscallNumber.kill, _pid.Value, signal);

    public void Dispose()
    {
    }
}
