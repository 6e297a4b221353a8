using System.Text;

namespace Torpor.Criu.CommandLine;

/// <summary>
/// CRIU's configuration files: one option without its dashes on each line, its argument behind white space and perhaps in
/// double quotes, and the rest of a line behind <c>#</c> a comment.
/// </summary>
internal static class ConfigurationFile
{
    private const int LongestFile = 1 << 20;

    /// <summary>The file as command line arguments; null when there is none.</summary>
    public static IReadOnlyList<string>? Read(string path)
    {
        try
        {
            if (!File.Exists(path))
                return null;
            return new FileInfo(path).Length > LongestFile
                ? throw new UsageException($"{path}: longer than {LongestFile} bytes")
                : Parse(File.ReadAllText(path), path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{path}: {error.Message}");
        }
    }

    public static IReadOnlyList<string> Parse(string text, string path)
    {
        var arguments = new List<string>();
        int number = 0;
        foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
        {
            number++;
            List<string> words = SplitLine(line, () => throw new UsageException($"{path} line {number}: quotes are not closed, or not around a whole argument"));
            if (words.Count == 0)
                continue;
            arguments.Add("--" + words[0]);
            // The line is one option and its argument; CRIU, too, overlooks what comes behind.
            if (words.Count > 1)
                arguments.Add(words[1]);
        }
        return arguments;
    }

    private static List<string> SplitLine(ReadOnlySpan<char> line, Action fail)
    {
        var words = new List<string>();
        int i = 0;
        while (i < line.Length && line[i] != '#')
        {
            if (char.IsWhiteSpace(line[i]))
            {
                i++;
                continue;
            }
            int start = i;
            if (line[i] == '"')
            {
                words.Add(Unquote(line, ref i, fail));
                continue;
            }
            while (i < line.Length && !char.IsWhiteSpace(line[i]) && line[i] != '#')
            {
                if (line[i] == '"')
                    fail();
                i++;
            }
            words.Add(line[start..i].ToString());
        }
        return words;
    }

    /// <summary>Only a double quote can be escaped; any other backslash is itself.</summary>
    private static string Unquote(ReadOnlySpan<char> line, ref int i, Action fail)
    {
        var word = new StringBuilder();
        for (i++; i < line.Length; i++)
        {
            if (line[i] == '"')
            {
                i++;
                return word.ToString();
            }
            if (line[i] == '\\' && i + 1 < line.Length && line[i + 1] == '"')
                i++;
            word.Append(line[i]);
        }
        fail();
        return "";
    }
}
