using System.CommandLine;

namespace Torpor.Cli.Verbs;

/// <summary>Options that several verbs have.</summary>
internal static class CommonOptions
{
    public static Option<bool> Verbose { get; } = new("--verbose", "-v") { Description = "Tell what is being done; after an unexpected error, where it came from." };

    public static Option<bool> Json { get; } = new("--json") { Description = "Report as JSON on standard output; errors too." };

    public static Argument<string> ImageDirectory(string description) => new("DIR") { Description = description };
}
