using Microsoft.Extensions.Logging;
using Torpor.Engine;
using Torpor.Model;
using Torpor.Tracing;

namespace Torpor;

/// <summary>Checkpoints running processes.</summary>
public static class Checkpoint
{
    /// <summary>Freezes the process, writes its images, and then kills it or lets it go on. Needs ptrace access to the process, see ptrace(2).</summary>
    /// <exception cref="TorporException">Nothing was changed: the process goes on and no images are left.</exception>
    public static CheckpointReport Run(CheckpointOptions options, ILogger logger, IProgress<ProgressStep>? progress = null, CancellationToken cancellation = default) =>
        Failures.Translate(() => TracerThread.Run(() => new CheckpointRun(options, logger, progress, cancellation).Run()), FailureKind.Internal);
}
