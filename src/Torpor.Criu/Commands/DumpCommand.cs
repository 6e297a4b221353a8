using Microsoft.Extensions.Logging;
using Torpor.Criu.CommandLine;

namespace Torpor.Criu.Commands;

/// <summary><c>criu dump</c></summary>
internal static class DumpCommand
{
    public static int Run(CriuSettings settings, TextWriter output, TextWriter error) =>
        ImageCommand.Run(settings, error, "Dumping FAILED.", (images, log) =>
        {
            var options = new CheckpointOptions
            {
                Pid = settings.Pid ?? throw new TorporException(FailureKind.Usage, "no process is named", "name one with -t PID"),
                Directory = images,
                LeaveRunning = settings.LeaveRunning,
                LeaveStopped = settings.LeaveStopped,
                ShellJob = settings.ShellJob,
                ExternalUnixSockets = settings.ExternalUnixSockets,
                TcpConnections = settings.TcpClose ? TcpConnections.Closed : settings.TcpEstablished ? TcpConnections.Kept : TcpConnections.Refused,
                FileLocks = settings.FileLocks,
                InheritStandardStreams = false,
                External = settings.External,
                // As CRIU does: images of an earlier dump in the same directory are replaced.
                Overwrite = true,
            };
            CheckpointReport report = ImageCommand.Interruptibly(cancellation => Checkpoint.Run(options, log, null, cancellation));
            foreach (string note in report.Notes)
                log.LogInformation("{Note}", note);
            ImageCommand.KeepStatistics(log, directory => Statistics.Write(directory, report));
            if (settings.DisplayStatistics)
                Show(report, output);
            log.LogInformation("Dumping finished successfully");
            return 0;
        });

    private static void Show(CheckpointReport report, TextWriter output)
    {
        output.WriteLine("Displaying dump stats:");
        output.WriteLine($"Freezing time: {report.FreezingTime.TotalMicroseconds:0} us");
        output.WriteLine($"Frozen time: {report.FrozenTime.TotalMicroseconds:0} us");
        output.WriteLine($"Memory pages scanned: {report.PagesScanned}");
        output.WriteLine($"Memory pages written: {report.PagesWritten}");
    }
}
