using System.CommandLine;
using System.Text.Json;
using Torpor.Cli.Output;

namespace Torpor.Cli.Verbs;

/// <summary><c>torpor restore</c></summary>
internal static class RestoreCommand
{
    public const string Lesson = """
        Examples:
          torpor restore saved                               in the foreground: keys, signals and exit status are the program's
          torpor restore saved --detach --pid-file pid       in the background; its number goes into the file
          torpor restore saved --pidns                       in a private namespace, several times side by side if you like
          torpor restore saved --explain                     print what would be done, system call by system call

        Without --pidns or --same-pid the process comes back under its old pid where that is permitted and the pid
        is free, and in a private namespace otherwise. There it sees its old pid; from outside it has a new one.

        Exit codes:
          0    the process runs (with --detach)
          N    the exit status of the restored program, 128 + signal when a signal ended it (without --detach)
          101  the command line is wrong        112  a file it uses has changed since
          109  there are no images              113  the pid is taken: see --pidns
          110  the images are damaged           115  it holds something that can't be restored here
          111  they are no images known here    116  a privilege is missing
          117  it was begun and failed; nothing was left behind
        """;

    public static Command Build(TextWriter output, TextWriter error)
    {
        Argument<string> directory = CommonOptions.ImageDirectory("The directory with the images.");
        var detach = new Option<bool>("--detach", "-d") { Description = "Return as soon as the process runs." };
        var pidFile = new Option<string>("--pid-file") { HelpName = "FILE", Description = "Write the pid of the process, as it is out here, into this file." };
        var privateNamespace = new Option<bool>("--pidns") { Description = "In a private pid namespace: needs no privilege." };
        var samePid = new Option<bool>("--same-pid") { Description = "Under the old pid out here: needs CAP_CHECKPOINT_RESTORE." };
        var tcpClose = new Option<bool>("--tcp-close") { Description = "Have TCP connections come back as ones that have ended." };
        var explain = new Option<bool>("--explain") { Description = "Print the plan and start nothing." };

        var command = new Command("restore", "Bring a process back from its images.") { directory, detach, pidFile, privateNamespace, samePid, tcpClose, explain, CommonOptions.Json };
        command.Validators.Add(result =>
        {
            if (result.GetValue(privateNamespace) && result.GetValue(samePid))
                result.AddError("--pidns and --same-pid exclude each other");
            if (result.GetValue(CommonOptions.Json) && !result.GetValue(detach) && !result.GetValue(explain))
                result.AddError("--json needs --detach or --explain: in the foreground standard output belongs to the program");
        });
        command.SetAction(parsed => Session.Run(parsed, output, error, session => Run(session, new RestoreOptions
        {
            Directory = parsed.GetRequiredValue(directory),
            Detach = parsed.GetValue(detach),
            PidFile = parsed.GetValue(pidFile),
            TcpClose = parsed.GetValue(tcpClose),
            ExplainOnly = parsed.GetValue(explain),
            Placement = parsed.GetValue(privateNamespace) ? PidPlacement.PrivateNamespace
                : parsed.GetValue(samePid) ? PidPlacement.SamePid : PidPlacement.Automatic,
        })));
        return command;
    }

    private static int Run(Session session, RestoreOptions options)
    {
        RestoredProcess process;
        using (var progress = new ProgressDisplay(session.Error))
            process = Session.Interruptibly(cancellation => Restore.Run(options, session.Logger, progress, cancellation));

        using (process)
        {
            RestoreReport report = process.Report;
            if (session.Json)
                session.Output.WriteLine(JsonSerializer.Serialize(RestoreDocument.From(report), JsonDocuments.Default.RestoreDocument));
            else
                session.Note(report.Notes);

            if (options.ExplainOnly)
            {
                if (!session.Json)
                    session.Output.WriteLine(report.Plan);
                return 0;
            }
            if (options.Detach)
            {
                if (!session.Json)
                    session.Output.WriteLine(Summary(report));
                return 0;
            }
            if (session.Verbose)
                session.Error.WriteLine(Summary(report));
            return process.WaitForExit();
        }
    }

    private static string Summary(RestoreReport report)
    {
        string inside = report.PrivateNamespace ? $", in a private namespace where it is {report.InnerPid}" : "";
        return $"process {report.Pid} runs{inside}: {Quantity.Processes(report.Processes)}{report.Threads} threads, {Quantity.Pages(report.PagesRestored)} of memory, restored in {Quantity.Time(report.TotalTime)}";
    }
}
