using Microsoft.Extensions.Logging;
using Torpor.Engine;
using Torpor.Model;
using Torpor.Tracing;

namespace Torpor;

/// <summary>Brings processes back from their images.</summary>
public static class Restore
{
    /// <summary>Restores the process and returns once it runs. The caller owns the result: wait on it, or dispose it to leave the process on its own.</summary>
    /// <exception cref="TorporException">Nothing is left behind.</exception>
    public static RestoredProcess Run(RestoreOptions options, ILogger logger, IProgress<ProgressStep>? progress = null, CancellationToken cancellation = default) =>
        Failures.Translate(() => TracerThread.Run(() => new RestoreRun(options, logger, progress, cancellation).Run()), FailureKind.RestoreFailed);
}
