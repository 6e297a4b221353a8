namespace Torpor.Criu.CommandLine;

internal enum ArgumentKind
{
    None,
    Required,

    /// <summary>Taken only when attached: <c>--verbosity=4</c>, <c>-v4</c>.</summary>
    Optional,
}

/// <summary>How an option of CRIU is treated here.</summary>
internal enum Support
{
    /// <summary>It does what it does in CRIU.</summary>
    Supported,

    /// <summary>It permits or tunes something; what it asks for holds without further ado.</summary>
    Accepted,

    /// <summary>Only some of its values are supported; the others are refused.</summary>
    Partial,

    /// <summary>Recognised, and refused by name.</summary>
    Refused,
}

/// <summary>One option.</summary>
/// <param name="Name">The long name without dashes.</param>
/// <param name="Short">The letter; <c>'\0'</c> for none.</param>
/// <param name="Argument">Whether it takes an argument.</param>
/// <param name="Support">How it is treated.</param>
/// <param name="Remark">What it means here, or why it is refused.</param>
/// <param name="Apply">Sets it: the argument, or null; for an option without argument, whether it is on.</param>
internal sealed record OptionSpec(string Name, char Short, ArgumentKind Argument, Support Support, string Remark, Action<CriuSettings, string?, bool> Apply)
{
    /// <summary>Options without argument can be taken back: <c>--no-shell-job</c>.</summary>
    public bool CanBeNegated => Argument == ArgumentKind.None;
}
