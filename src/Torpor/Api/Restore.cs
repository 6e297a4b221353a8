using Microsoft.Extensions.Logging;

namespace Torpor;

/// <summary>Brings processes back from their images.</summary>
public static class Restore
{
    /// <summary>Restores the process and returns once it runs. The caller owns the result: wait on it, or dispose it to leave the process on its own.</summary>
    /// <exception cref="TorporException">Nothing is left behind.</exception>
    public static RestoredProcess Run(RestoreOptions options, ILogger logger, IProgress<ProgressStep>? progress = null, CancellationToken cancellation = default) =>
        throw new NotImplementedException();
}

/// <summary>A restored process that runs.</summary>
public sealed class RestoredProcess : IDisposable
{
    public required RestoreReport Report { get; init; }

    /// <summary>Waits for the end of the root process, passing on the signals that a foreground job gets; returns a shell's exit status (128 + signal when it was killed).</summary>
    public int WaitForExit(CancellationToken cancellation = default) => throw new NotImplementedException();

    /// <summary>Sends a signal to the root process.</summary>
    public void Signal(int signal) => throw new NotImplementedException();

    public void Dispose()
    {
    }
}
