namespace Torpor.Criu.CommandLine;

/// <summary>
/// getopt_long(3) over the option table: long names may be abbreviated and negated, letters bundled, optional arguments
/// are taken only when attached, and words that are no options may stand anywhere. System.CommandLine parses another
/// grammar: it knows no abbreviations, no <c>-vvv</c> or <c>-v4</c>, and gives optional arguments the next word.
/// </summary>
internal static class OptionParser
{
    private const string Negation = "no-";

    /// <summary>Applies the options in order and returns the words that are none.</summary>
    /// <exception cref="UsageException">An option is unknown or ambiguous, or its argument is missing, superfluous or wrong.</exception>
    public static List<string> Parse(IReadOnlyList<string> arguments, CriuSettings settings)
    {
        var operands = new List<string>();
        for (int i = 0; i < arguments.Count; i++)
        {
            string word = arguments[i];
            if (word == "--")
            {
                operands.AddRange(arguments.Skip(i + 1));
                break;
            }
            if (word.StartsWith("--", StringComparison.Ordinal))
                ParseLong(word, arguments, ref i, settings);
            else if (word.Length > 1 && word[0] == '-')
                ParseLetters(word, arguments, ref i, settings);
            else
                operands.Add(word);
        }
        return operands;
    }

    private static void ParseLong(string word, IReadOnlyList<string> arguments, ref int i, CriuSettings settings)
    {
        int equals = word.IndexOf('=');
        string name = equals < 0 ? word[2..] : word[2..equals];
        string? argument = equals < 0 ? null : word[(equals + 1)..];

        (OptionSpec option, bool on) = Find(name);
        string full = $"--{(on ? "" : Negation)}{option.Name}";
        if (argument is not null && option.Argument == ArgumentKind.None)
            throw new UsageException($"option '{full}' doesn't allow an argument");
        if (argument is null && option.Argument == ArgumentKind.Required)
            argument = Next(arguments, ref i) ?? throw new UsageException($"option '{full}' requires an argument");
        option.Apply(settings, argument, on);
    }

    private static void ParseLetters(string word, IReadOnlyList<string> arguments, ref int i, CriuSettings settings)
    {
        for (int at = 1; at < word.Length; at++)
        {
            char letter = word[at];
            OptionSpec option = OptionTable.All.FirstOrDefault(candidate => candidate.Short == letter)
                ?? throw new UsageException($"invalid option -- '{letter}'");
            if (option.Argument == ArgumentKind.None)
            {
                option.Apply(settings, null, true);
                continue;
            }
            string? argument = at + 1 < word.Length ? word[(at + 1)..] : null;
            if (argument is null && option.Argument == ArgumentKind.Required)
                argument = Next(arguments, ref i) ?? throw new UsageException($"option requires an argument -- '{letter}'");
            option.Apply(settings, argument, true);
            return;
        }
    }

    private static string? Next(IReadOnlyList<string> arguments, ref int i) => i + 1 < arguments.Count ? arguments[++i] : null;

    private static (OptionSpec Option, bool On) Find(string name)
    {
        var matches = new List<(OptionSpec Option, bool On)>();
        foreach (OptionSpec option in OptionTable.All)
        {
            if (option.Name == name)
                return (option, true);
            if (option.CanBeNegated && Negation + option.Name == name)
                return (option, false);
            if (option.Name.StartsWith(name, StringComparison.Ordinal))
                matches.Add((option, true));
            if (option.CanBeNegated && (Negation + option.Name).StartsWith(name, StringComparison.Ordinal))
                matches.Add((option, false));
        }
        return matches.Count switch
        {
            1 => matches[0],
            0 => throw new UsageException($"unrecognized option '--{name}'"),
            _ => throw new UsageException($"option '--{name}' is ambiguous; possibilities: " +
                string.Join(" ", matches.Select(match => $"'--{(match.On ? "" : Negation)}{match.Option.Name}'"))),
        };
    }
}
