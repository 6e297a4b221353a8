namespace Torpor.EndToEnd;

/// <summary>A target program of tests/targets, found by its file.</summary>
/// <param name="Name">As in <c>c/pipes</c>, or <c>java/Heap#1</c> for the second line of options.</param>
internal sealed record TargetProgram(string Name, string Language, string Source, string Options)
{
    private static readonly string[] ProtocolFiles = ["target.py", "target.js", "Target.java", "Target.cs", "Busy.cs"];

    public static IReadOnlyList<TargetProgram> All { get; } = [.. Discover()];

    /// <summary>An idle JVM with default settings, for scenarios.</summary>
    public static TargetProgram Jvm { get; } = new("java/Idle", "java", Path.Combine(Settings.Targets, "java", "Idle.java"), "");

    public static TargetProgram Named(string name) => All.First(target => target.Name == name);

    public static IEnumerable<TheoryDataRow<string>> Features => Rows(All.Where(target => target.Language == "c"));

    public static IEnumerable<TheoryDataRow<string>> Programs => Rows(All.Where(target => target.Language != "c"));

    /// <summary>Variables of the environment from the target's <c>env:</c> comment.</summary>
    public IEnumerable<(string Name, string Value)> Environment =>
        Comments("env:").SelectMany(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Select(pair => (pair.Split('=')[0], pair.Split('=')[1]));

    /// <summary>The rungs that the target's <c>rungs:</c> comment limits it to; all when it has none.</summary>
    public IReadOnlyList<string> Rungs => [.. Comments("rungs:").SelectMany(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))];

    /// <summary>Options that checkpoint needs for it, on torpor's command line and on CRIU's, from the target's <c>flags:</c> comment.</summary>
    public IReadOnlyList<string> Flags => [.. Comments("flags:").SelectMany(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))];

    /// <summary>The rung of least privilege that the target is for.</summary>
    public Rung Lowest => Rungs.Count == 0 || Rungs.Any(name => name is "pidns" or "same-pid" or "criu" or "running") ? Rung.PidNamespace : Rung.Root;

    /// <summary>A <c>terminals:</c> comment says that it makes pseudo-terminals, whose numbers must be free at its restore: no other such target runs beside it.</summary>
    public bool HasTerminals => Comments("terminals:").Any();

    /// <summary>Builds it when that has not been done, and gives the command without the state directory.</summary>
    public IReadOnlyList<string> Command() => Language switch
    {
        "c" => [Builds.CTarget(Source)],
        "python" => ["/usr/bin/python3", Path.Combine(Builds.Scripts("python"), Path.GetFileName(Source))],
        "node" => ["node", Path.Combine(Builds.Scripts("node"), Path.GetFileName(Source))],
        "java" => ["java", .. Options.Split(' ', StringSplitOptions.RemoveEmptyEntries), "-cp", Builds.JavaClasses(), Path.GetFileNameWithoutExtension(Source)],
        "dotnet" => [Builds.DotnetTarget(Source)],
        _ => throw new InvalidOperationException(Language),
    };

    /// <summary>Why it can't run here; null when it can.</summary>
    public string? Missing()
    {
        string tool = Language switch { "c" => "gcc", "python" => "python3", "node" => "node", "java" => "javac", _ => "dotnet" };
        return Builds.Has(tool) ? null : $"{tool} is not installed (tests/targets/packages.txt)";
    }

    private IEnumerable<string> Comments(string key) =>
        File.ReadLines(Source).Take(20).Select(line => line.TrimStart('/', '#', ' ')).Where(line => line.StartsWith(key, StringComparison.Ordinal)).Select(line => line[key.Length..].Trim());

    private static IEnumerable<TargetProgram> Discover() =>
        Files().Where(file => !ProtocolFiles.Contains(Path.GetFileName(file.Path)))
            .OrderBy(file => file.Path, StringComparer.Ordinal)
            .SelectMany(file => Variants(file.Language, file.Path))
            .Where(target => Settings.OnlyTargets.Count == 0 || Settings.OnlyTargets.Any(name => target.Name == name || target.Name.StartsWith(name + "#", StringComparison.Ordinal)));

    private static IEnumerable<(string Language, string Path)> Files()
    {
        foreach ((string language, string pattern) in new[] { ("c", "*.c"), ("python", "*.py"), ("node", "*.js"), ("java", "*.java"), ("dotnet", "*.csproj") })
            foreach (string path in Directory.GetFiles(Path.Combine(Settings.Targets, language), pattern, language == "dotnet" ? SearchOption.AllDirectories : SearchOption.TopDirectoryOnly))
                yield return (language, path);
    }

    private static IEnumerable<TargetProgram> Variants(string language, string path)
    {
        var plain = new TargetProgram($"{language}/{Path.GetFileNameWithoutExtension(path)}", language, path, "");
        string[] options = [.. plain.Comments("options:")];
        return options.Length == 0 ? [plain] : options.Select((line, i) => plain with { Name = $"{plain.Name}#{i}", Options = line });
    }

    private static IEnumerable<TheoryDataRow<string>> Rows(IEnumerable<TargetProgram> targets) => targets.Select(target => new TheoryDataRow<string>(target.Name));
}
