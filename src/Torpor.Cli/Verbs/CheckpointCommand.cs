using System.CommandLine;
using System.Text.Json;
using Torpor.Cli.Output;

namespace Torpor.Cli.Verbs;

/// <summary><c>torpor checkpoint</c></summary>
internal static class CheckpointCommand
{
    public const string Lesson = """
        Examples:
          torpor checkpoint 4242 -o saved                    save it and end it
          torpor checkpoint 4242 -o saved --leave-running    save it and let it go on
          torpor checkpoint "$(pidof java)" -o saved

        Nothing is saved half: either every image is there at the end, or none, and then the process goes on
        as if nothing had been. Each object that can't be saved is named before the process is touched.

        Exit codes:
          0    the images are complete
          101  the command line is wrong        106  something else traces the process
          102  no such process                  107  the disk is full or failing
          103  it is not yours to trace         108  the directory is not empty or can't be written
          104  it is a kernel thread            114  it is a 32-bit process
          105  it ended meanwhile               115  it holds something that can't be saved
          118  it is a zombie                   130  interrupted; the process goes on
        """;

    public static Command Build(TextWriter output, TextWriter error)
    {
        var pid = new Argument<int>("PID")
        {
            Description = "The process, by its number as ps shows it.",
            CustomParser = result =>
            {
                string text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
                if (int.TryParse(text, out int value) && value > 0)
                    return value;
                result.AddError($"'{text}' is not a process id: a number above 0 is");
                return 0;
            },
        };
        var directory = new Option<string>("--output", "-o")
        {
            HelpName = "DIR",
            Description = "Where to put the images. It is made, or must be empty.",
            Required = true,
        };
        var leaveRunning = new Option<bool>("--leave-running", "-R") { Description = "Let the process go on. Otherwise it ends once its images are complete." };

        var tcpEstablished = new Option<bool>("--tcp-established") { Description = "Keep TCP connections to processes outside too: needs CAP_NET_ADMIN. Those within the tree are always kept." };
        var tcpClose = new Option<bool>("--tcp-close") { Description = "Have all TCP connections come back as ones that have ended." };

        var command = new Command("checkpoint", "Save a running process into a directory of image files.") { pid, directory, leaveRunning, tcpEstablished, tcpClose, CommonOptions.Json };
        command.SetAction(parsed => Session.Run(parsed, output, error, session => Run(session, new CheckpointOptions
        {
            Pid = parsed.GetRequiredValue(pid),
            Directory = parsed.GetRequiredValue(directory),
            LeaveRunning = parsed.GetValue(leaveRunning),
            TcpConnections = parsed.GetValue(tcpClose) ? TcpConnections.Closed : parsed.GetValue(tcpEstablished) ? TcpConnections.Kept : TcpConnections.InTree,
        })));
        return command;
    }

    private static int Run(Session session, CheckpointOptions options)
    {
        CheckpointReport report;
        using (var progress = new ProgressDisplay(session.Error))
            report = Session.Interruptibly(cancellation => Checkpoint.Run(options, session.Logger, progress, cancellation));

        if (session.Json)
        {
            session.Output.WriteLine(JsonSerializer.Serialize(CheckpointDocument.From(report, options), JsonDocuments.Default.CheckpointDocument));
            return 0;
        }
        session.Note(report.Notes);
        session.Output.WriteLine($"saved process {report.Pid} ({report.Command}) in {options.Directory}: {Quantity.Processes(report.Processes)}{report.Threads} threads, {report.Mappings} mappings, " +
            $"{report.Descriptors} descriptors, {Quantity.Pages(report.PagesWritten)} of memory");
        session.Output.WriteLine($"it stood still for {Quantity.Time(report.FrozenTime)} of {Quantity.Time(report.TotalTime)}{(options.LeaveRunning ? " and goes on" : " and has ended")}");
        return 0;
    }
}
