using System.Collections.Concurrent;
using System.Diagnostics;

namespace Torpor.EndToEnd;

/// <summary>Builds what is needed, once, into the playground.</summary>
internal static class Builds
{
    private static readonly ConcurrentDictionary<string, Lazy<string>> Done = new();
    private static readonly Lock DotnetGate = new();

    /// <summary>The program that starts other programs in a known state.</summary>
    public static string Launcher => Once("launcher", () => Compile(Path.Combine(Settings.Repository, "tests", "Torpor.EndToEnd", "launch.c"), Playground.Folder("bin")));

    public static string DotnetRoot { get; } = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "..", "..", ".."));

    /// <summary>A copy of the binary under test that every user can reach: <c>torpor</c> or <c>criu</c>.</summary>
    public static string Binary(string name, bool withCapability) => Once($"binary {name} {withCapability}", () =>
    {
        string folder = Playground.Folder(withCapability ? "capable" : "plain");
        string copy = Path.Combine(folder, name);
        string source = Path.Combine(Path.GetDirectoryName(Settings.Torpor)!, name == "torpor" ? Path.GetFileName(Settings.Torpor) : name);
        Assert.True(File.Exists(source), $"{source} is missing: build it, or name another with TORPOR_BIN");
        foreach (string library in Directory.GetFiles(Path.GetDirectoryName(source)!, "*.so"))
            File.Copy(library, Path.Combine(folder, Path.GetFileName(library)), overwrite: true);
        File.Copy(source, copy);
        File.SetUnixFileMode(copy, (UnixFileMode)0b111_101_101);
        if (withCapability)
            MustRun("setcap", "cap_checkpoint_restore+ep", copy);
        return copy;
    });

    public static string CTarget(string source) => Once(source, () => Compile(source, Playground.Folder("c")));

    public static string JavaClasses() => Once("java", () =>
    {
        string folder = Playground.Folder("java");
        MustRun("javac", ["-d", folder, .. Directory.GetFiles(Path.Combine(Settings.Targets, "java"), "*.java")]);
        return folder;
    });

    /// <summary>A copy of a folder of scripts.</summary>
    public static string Scripts(string language) => Once(language, () =>
    {
        string folder = Playground.Folder(language);
        foreach (string file in Directory.GetFiles(Path.Combine(Settings.Targets, language)))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        return folder;
    });

    /// <summary>A published .NET project: its executable.</summary>
    public static string DotnetTarget(string project) => Once(project, () =>
    {
        string name = Path.GetFileNameWithoutExtension(project);
        string folder = Playground.Folder("dotnet", name);
        lock (DotnetGate)
            MustRun("dotnet", "publish", project, "-c", "Release", "-o", folder, "-v", "q", "--nologo");
        return Path.Combine(folder, name);
    });

    public static string Compile(string source, string folder, params string[] options)
    {
        string binary = Path.Combine(folder, Path.GetFileNameWithoutExtension(source));
        MustRun("gcc", ["-O1", "-pthread", "-Wall", "-Wextra", "-Werror", .. options, "-o", binary, source]);
        return binary;
    }

    public static bool Has(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin").Any(folder => File.Exists(Path.Combine(folder, program)));

    public static void MustRun(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        using Process process = Playground.Start(start);
        Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}\n{output.Result}{errors.Result}");
    }

    private static string Once(string key, Func<string> build) => Done.GetOrAdd(key, _ => new Lazy<string>(build)).Value;
}
