using Torpor.Criu.CommandLine;
using Torpor.Criu.Commands;

namespace Torpor.Criu;

/// <summary>
/// CRIU's command line, for the programs that call it. Exit codes are CRIU's: 0, or 1 for whatever went wrong; restore in
/// the foreground exits as the restored program does.
/// </summary>
public static class CriuProgram
{
    /// <summary>Consumers compare it: 3.16 is the most that any of them requires, and what is added since is on the command line.</summary>
    internal const string Version = "4.1";

    private const int Failure = 1;

    private static readonly string[] s_notYet = ["pre-dump", "page-server", "service", "swrk", "dedup", "cpuinfo", "exec", "lazy-pages"];

    public static int Run(IReadOnlyList<string> arguments)
    {
        // Not the console class: see torpor's own command line.
        using var output = new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true };
        using var error = new StreamWriter(Console.OpenStandardError()) { AutoFlush = true };
        return Run(arguments, output, error, new ConfigurationSources(Environment.GetEnvironmentVariable));
    }

    internal static int Run(IReadOnlyList<string> arguments, TextWriter output, TextWriter error, ConfigurationSources sources)
    {
        CriuSettings settings;
        try
        {
            settings = CommandLineReader.Read(arguments, sources);
        }
        catch (UsageException usage)
        {
            error.WriteLine($"criu: {usage.Message}");
            error.WriteLine("criu --help shows what there is");
            return Failure;
        }

        if (settings.ShowHelp)
        {
            output.Write(HelpText.Text);
            return 0;
        }
        if (settings.ShowVersion)
        {
            // No GitID: with one, consumers take the version for an unreleased one and count differently.
            output.WriteLine($"Version: {Version}");
            return 0;
        }
        if (settings.Command is { } name && s_notYet.Contains(name))
        {
            error.WriteLine($"criu: the command {name} is not supported yet");
            return Failure;
        }
        return settings.Command switch
        {
            "dump" => DumpCommand.Run(settings, output, error),
            "restore" => RestoreCommand.Run(settings, output, error),
            "check" => CheckCommand.Run(settings, output, error),
            _ => ShowUsage(settings, error),
        };
    }

    private static int ShowUsage(CriuSettings settings, TextWriter error)
    {
        if (settings.Command is { } unknown)
            error.WriteLine($"criu: unknown command: {unknown}");
        error.Write(HelpText.Text);
        return Failure;
    }
}
