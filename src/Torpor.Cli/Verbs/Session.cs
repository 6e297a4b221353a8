using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Torpor.Cli.Output;

namespace Torpor.Cli.Verbs;

/// <summary>One run of a verb: where it reports, and how it ends.</summary>
internal sealed class Session
{
    private const int Interrupted = 130;

    private Session(ParseResult parsed, TextWriter output, TextWriter error)
    {
        Output = output;
        Error = error;
        Verbose = parsed.GetValue(CommonOptions.Verbose);
        Json = parsed.CommandResult.Command.Options.Contains(CommonOptions.Json) && parsed.GetValue(CommonOptions.Json);
        Logger = new LineLogger(error, Verbose ? LogLevel.Debug : LogLevel.Warning);
    }

    /// <summary>What was asked for. In the foreground it belongs to the restored program.</summary>
    public TextWriter Output { get; }

    /// <summary>Errors, notes, progress.</summary>
    public TextWriter Error { get; }

    public bool Verbose { get; }

    public bool Json { get; }

    public ILogger Logger { get; }

    /// <summary>Runs a verb and turns whatever it throws into a message and an exit code.</summary>
    public static int Run(ParseResult parsed, TextWriter output, TextWriter error, Func<Session, int> body)
    {
        var session = new Session(parsed, output, error);
        try
        {
            return body(session);
        }
        catch (Exception stop) when (stop is OperationCanceledException or TorporException { InnerException: OperationCanceledException })
        {
            error.WriteLine("torpor: interrupted; nothing was changed");
            return Interrupted;
        }
        catch (TorporException failure)
        {
            return session.Fail(failure, failure);
        }
        catch (Exception bug)
        {
            string where = session.Verbose ? "" : "run it again with -v to see where";
            return session.Fail(new TorporException(FailureKind.Internal, $"unexpected error: {OneLine(bug.Message)} ({bug.GetType().Name})", where), bug);
        }
    }

    /// <summary>Runs work that SIGINT and SIGTERM may stop. Afterwards both are what they were: a restored program gets its own.</summary>
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

    public void Note(IEnumerable<string> notes)
    {
        foreach (string note in notes)
            Error.WriteLine($"note: {note}");
    }

    private int Fail(TorporException failure, Exception origin)
    {
        if (Json)
        {
            var report = new FailureDocument(new FailureBody(failure.Kind.ToString(), (int)failure.Kind, failure.Message, failure.Details, failure.Remedy));
            Output.WriteLine(JsonSerializer.Serialize(report, JsonDocuments.Default.FailureDocument));
        }
        Error.WriteLine($"torpor: {failure.Message}");
        foreach (string detail in failure.Details)
            Error.WriteLine($"  - {detail}");
        if (!string.IsNullOrEmpty(failure.Remedy))
            Error.WriteLine($"  remedy: {failure.Remedy}");
        if (Verbose)
            Error.WriteLine(origin.ToString());
        return (int)failure.Kind;
    }

    private static string OneLine(string message) => message.ReplaceLineEndings(" ").Trim();
}
