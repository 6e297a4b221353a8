using System.Text.RegularExpressions;

namespace Torpor.Tests.Architecture;

/// <summary>Reads C# just well enough to tell code from comments and strings.</summary>
internal static partial class SourceText
{
    /// <summary>Replaces comments, strings and characters by a blank. Code inside an interpolated string goes with it.</summary>
    public static string Strip(string source) => CommentOrLiteral().Replace(source, " ");

    [GeneratedRegex("""
        //[^\n]* | /\*.*?\*/ | \$*("{3,}).*?\1 | \$?@\$?"(?:[^"]|"")*" | \$?"(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)+'
        """, RegexOptions.Singleline | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex CommentOrLiteral();
}
