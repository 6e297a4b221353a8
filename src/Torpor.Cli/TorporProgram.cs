using System.CommandLine;
using System.CommandLine.Help;
using Torpor.Cli.Output;
using Torpor.Cli.Verbs;

namespace Torpor.Cli;

/// <summary>torpor's own command line: its verbs, and what they share.</summary>
internal static class TorporProgram
{
    private const string Tour = """
        Examples:
          torpor checkpoint 4242 -o saved             freeze process 4242 into the directory saved; it ends
          torpor checkpoint 4242 -o saved -R          the same, but it goes on running
          torpor restore saved                        bring it back here, in the foreground
          torpor restore saved --detach --pid-file f  bring it back in the background
          torpor inspect saved                        what is in the images
          torpor doctor                               what this user can do on this machine

        Exit codes:
          0        done (restore in the foreground: the exit status of the restored program)
          101      the command line is wrong
          100-118  what went wrong, a code for each kind: docs/exit-codes.md
          130      interrupted; nothing was changed
        """;

    public static int Run(string[] arguments)
    {
        // The console class would set up the terminal and signal handlers, which costs time and belongs to the program
        // that is restored in the foreground.
        using var output = new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true };
        using var error = new StreamWriter(Console.OpenStandardError()) { AutoFlush = true };

        RootCommand root = BuildRoot(output, error);
        if (arguments.Length == 0)
        {
            root.Parse(["--help"]).Invoke(new InvocationConfiguration { Output = error });
            return (int)FailureKind.Usage;
        }
        ParseResult parsed = root.Parse(arguments);
        if (parsed.Errors.Count > 0 && parsed.Action is not HelpAction and not TeachingHelp)
        {
            string verb = parsed.CommandResult.Command is RootCommand ? "" : parsed.CommandResult.Command.Name + " ";
            foreach (string message in parsed.Errors.Select(parseError => parseError.Message).Distinct())
                error.WriteLine($"torpor: {message}");
            error.WriteLine($"  torpor {verb}--help tells more");
            return (int)FailureKind.Usage;
        }
        return parsed.Invoke(new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false });
    }

    private static RootCommand BuildRoot(TextWriter output, TextWriter error)
    {
        var root = new RootCommand("Torpor freezes running programs into files and brings them back, without privileges.")
        {
            CommonOptions.Verbose,
        };
        CommonOptions.Verbose.Recursive = true;
        foreach ((Command command, string lesson) in (ReadOnlySpan<(Command, string)>)
        [
            (CheckpointCommand.Build(output, error), CheckpointCommand.Lesson),
            (RestoreCommand.Build(output, error), RestoreCommand.Lesson),
            (InspectCommand.Build(output, error), InspectCommand.Lesson),
            (DoctorCommand.Build(output, error), DoctorCommand.Lesson),
        ])
        {
            TeachingHelp.Attach(command, lesson);
            root.Add(command);
        }
        TeachingHelp.Attach(root, Tour);
        return root;
    }
}
