namespace Torpor.Cli.Output;

/// <summary>Whether a person looks on.</summary>
internal static class Terminal
{
    public static bool IsOutput => !Console.IsOutputRedirected;

    public static bool IsError => !Console.IsErrorRedirected;
}
