using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Torpor.Cli.Output;

/// <summary>A command's help followed by what the list of its options can't teach: examples, and what its results mean.</summary>
internal sealed class TeachingHelp(HelpAction usual, Command command, string lesson) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    /// <summary>Gives the command an option for help of its own.</summary>
    public static void Attach(Command command, string lesson)
    {
        HelpOption? help = command.Options.OfType<HelpOption>().FirstOrDefault();
        if (help is null)
        {
            help = new HelpOption();
            command.Add(help);
        }
        help.Action = new TeachingHelp((HelpAction)help.Action!, command, lesson);
    }

    public override int Invoke(ParseResult parseResult)
    {
        int result = usual.Invoke(parseResult);
        if (parseResult.CommandResult.Command == command)
            parseResult.InvocationConfiguration.Output.WriteLine(lesson);
        return result;
    }
}
