using Microsoft.Extensions.Logging;
using Torpor.Criu.CommandLine;

namespace Torpor.Criu.Commands;

/// <summary><c>criu restore</c></summary>
internal static class RestoreCommand
{
    public static int Run(CriuSettings settings, TextWriter output, TextWriter error) =>
        ImageCommand.Run(settings, error, "Restoring FAILED.", (images, log) =>
        {
            if (settings.External.Count > 0)
                throw new TorporException(FailureKind.Usage, $"--external {settings.External[0]} has no meaning at restore", "give the descriptor with --inherit-fd");
            var options = new RestoreOptions
            {
                Directory = images,
                Placement = PidPlacement.Automatic,
                ShellJob = settings.ShellJob,
                ExternalUnixSockets = settings.ExternalUnixSockets,
                TcpClose = settings.TcpClose,
                Detach = settings.Detach,
                LeaveStopped = settings.LeaveStopped,
                PidFile = settings.PidFile,
                InheritDescriptors = settings.InheritedDescriptors,
            };
            using RestoredProcess process = ImageCommand.Interruptibly(cancellation => Restore.Run(options, log, null, cancellation));
            foreach (string note in process.Report.Notes)
                log.LogInformation("{Note}", note);
            ImageCommand.KeepStatistics(log, directory => Statistics.Write(directory, process.Report));
            if (settings.DisplayStatistics)
                Show(process.Report, output);
            log.LogInformation("Restore finished successfully. Tasks resumed.");
            return settings.Detach ? 0 : process.WaitForExit();
        });

    private static void Show(RestoreReport report, TextWriter output)
    {
        output.WriteLine("Displaying restore stats:");
        output.WriteLine($"Restore time: {report.TotalTime.TotalMicroseconds:0} us");
        output.WriteLine($"Pages restored: {report.PagesRestored}");
    }
}
