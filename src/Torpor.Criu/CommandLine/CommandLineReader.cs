namespace Torpor.Criu.CommandLine;

/// <summary>Where configuration comes from besides the command line.</summary>
internal sealed class ConfigurationSources(Func<string, string?> environment)
{
    /// <summary>The file for all users.</summary>
    public string GlobalFile { get; init; } = "/etc/criu/default.conf";

    /// <summary>The user's own file; null without a home.</summary>
    public string? UserFile => environment("HOME") is { Length: > 0 } home ? Path.Combine(home, ".criu/default.conf") : null;

    /// <summary>The file that the environment names.</summary>
    public string? EnvironmentFile => environment("CRIU_CONFIG_FILE") is { Length: > 0 } path ? path : null;
}

/// <summary>Puts configuration files and the command line together.</summary>
internal static class CommandLineReader
{
    public static CriuSettings Read(IReadOnlyList<string> arguments, ConfigurationSources sources)
    {
        var settings = new CriuSettings();
        (string? named, bool defaults) = FindConfiguration(arguments);

        // Ordering: each may overrule what is before it, and the command line overrules all.
        if (named is null && defaults)
        {
            Apply(sources.GlobalFile, settings);
            Apply(sources.UserFile, settings);
        }
        Apply(sources.EnvironmentFile, settings, mustExist: true);
        Apply(named, settings, mustExist: true);

        List<string> operands = OptionParser.Parse(arguments, settings);
        settings.Command = operands.FirstOrDefault();
        // Behind the command there is nothing but its options, except for cpuinfo's and exec's own words.
        if (operands.Count > 1 && settings.Command is "dump" or "restore" or "check" && !settings.Refusals.ContainsKey("--exec-cmd"))
            throw new UsageException($"unexpected word: {operands[1]}");
        return settings;
    }

    private static void Apply(string? path, CriuSettings settings, bool mustExist = false)
    {
        if (path is null)
            return;
        if (ConfigurationFile.Read(path) is { } arguments)
            OptionParser.Parse(arguments, settings);
        else if (mustExist)
            settings.Warnings.Add($"the configuration file {path} does not exist");
    }

    /// <summary>These two decide what is read before the command line, so they are looked for in it first.</summary>
    private static (string? Path, bool Defaults) FindConfiguration(IReadOnlyList<string> arguments)
    {
        string? path = null;
        bool defaults = true;
        for (int i = 0; i < arguments.Count && arguments[i] != "--"; i++)
        {
            const string withValue = "--config=";
            if (arguments[i] == "--config" && i + 1 < arguments.Count)
                path = arguments[++i];
            else if (arguments[i].StartsWith(withValue, StringComparison.Ordinal))
                path = arguments[i][withValue.Length..];
            else if (arguments[i] == "--no-default-config")
                defaults = false;
        }
        return (path, defaults);
    }
}
