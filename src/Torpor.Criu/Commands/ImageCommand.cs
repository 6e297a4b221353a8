using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Torpor.Criu.CommandLine;

namespace Torpor.Criu.Commands;

/// <summary>What dump and restore have in common: directories, the log, and how failures end.</summary>
internal static class ImageCommand
{
    private const int Failure = 1;

    /// <param name="settings">What was asked for.</param>
    /// <param name="error">Standard error.</param>
    /// <param name="failed">The last line of the log when it fails.</param>
    /// <param name="body">Gets the absolute directory of the images; returns the exit code.</param>
    public static int Run(CriuSettings settings, TextWriter error, string failed, Func<string, CriuLog, int> body)
    {
        string images = Path.GetFullPath(settings.ImagesDirectory);
        CriuLog log;
        try
        {
            if (!Directory.Exists(images))
                throw new UsageException($"can't open the image directory {settings.ImagesDirectory}: there is no such directory");
            EnterWorkDirectory(settings.WorkDirectory is { } work ? Path.GetFullPath(work) : images);
            log = CriuLog.Open(settings, error);
        }
        catch (UsageException usage)
        {
            if (settings.Verbosity > 0)
                error.WriteLine($"Error (torpor): {usage.Message}");
            return Failure;
        }

        using (log)
        {
            log.LogDebug("Version: {Version} (torpor)", CriuProgram.Version);
            foreach (string warning in settings.Warnings)
                log.LogWarning("{Warning}", warning);
            try
            {
                RefuseOptions(settings);
                return body(images, log);
            }
            catch (Exception exception)
            {
                Report(exception, log);
                log.LogError("{Failed}", failed);
                return Failure;
            }
        }
    }

    /// <summary>Runs work that SIGINT and SIGTERM may stop; afterwards both are what they were.</summary>
    public static T Interruptibly<T>(Func<CancellationToken, T> work)
    {
        using var cancellation = new CancellationTokenSource();
        void Cancel(PosixSignalContext context)
        {
            context.Cancel = true;
            cancellation.Cancel();
        }
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Cancel);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Cancel);
        return work(cancellation.Token);
    }

    /// <summary>Writes statistics into the work directory. That they can't be written does not undo what was done.</summary>
    public static void KeepStatistics(CriuLog log, Action<string> write)
    {
        try
        {
            write(Environment.CurrentDirectory);
        }
        catch (TorporException failure)
        {
            log.LogWarning("the statistics are lost: {Message}", failure.Message);
        }
    }

    private static void EnterWorkDirectory(string path)
    {
        try
        {
            Directory.SetCurrentDirectory(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"can't change directory to {path}: {failure.Message}");
        }
    }

    private static void RefuseOptions(CriuSettings settings)
    {
        if (settings.Refusals.Count == 0)
            return;
        string[] refused = [.. settings.Refusals.Select(pair => $"{pair.Key}: {pair.Value}")];
        throw new TorporException(FailureKind.Usage, refused.Length == 1 ? "an option is not supported" : $"{refused.Length} options are not supported") { Details = refused };
    }

    private static void Report(Exception exception, CriuLog log)
    {
        switch (exception)
        {
            case OperationCanceledException or TorporException { InnerException: OperationCanceledException }:
                log.LogError("interrupted; nothing was changed");
                break;
            case TorporException failure:
                log.LogError("{Message}", failure.Message);
                foreach (string detail in failure.Details)
                    log.LogError("  {Detail}", detail);
                if (!string.IsNullOrEmpty(failure.Remedy))
                    log.LogError("  remedy: {Remedy}", failure.Remedy);
                break;
            default:
                log.LogError("unexpected error: {Message} ({Type})", exception.Message.ReplaceLineEndings(" "), exception.GetType().Name);
                break;
        }
        log.LogDebug("{Exception}", exception);
    }
}
