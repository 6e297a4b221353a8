using System.Diagnostics;

namespace Torpor.EndToEnd;

/// <summary>Under which identity programs and the tool run.</summary>
internal sealed record Actor(string Name, IReadOnlyList<string> Prefix)
{
    private const string Uid = "12345";

    private static readonly string[] Drop = ["setpriv", "--reuid", Uid, "--regid", Uid, "--clear-groups", "--inh-caps=-all"];

    /// <summary>Whoever runs the tests.</summary>
    public static Actor Caller { get; } = new("caller", []);

    /// <summary>An ordinary user without any capability, now or ever.</summary>
    public static Actor User { get; } = Settings.IsRoot ? new("user", [.. Drop, "--bounding-set=-all"]) : Caller;

    /// <summary>The same user; a binary with <c>cap_checkpoint_restore+ep</c> may gain that one capability.</summary>
    public static Actor UserWithFileCapability { get; } = new("user with file capability", [.. Drop, "--bounding-set=-all,+checkpoint_restore"]);

    /// <summary>Starts a program in a known state, with its output appended to a file.</summary>
    /// <param name="sameSession">Leave it in the caller's session, as a shell job is.</param>
    public Process Start(IEnumerable<string> command, string output, IEnumerable<(string Name, string Value)>? environment = null, bool sameSession = false, string? workingDirectory = null)
    {
        string[] line = [.. Prefix, Builds.Launcher, .. (sameSession ? ["-j"] : Array.Empty<string>()), output, .. command];
        var start = new ProcessStartInfo(line[0], line[1..]) { UseShellExecute = false, WorkingDirectory = workingDirectory ?? "/" };
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";
        start.Environment["HOME"] = "/tmp";
        start.Environment["DOTNET_ROOT"] = Builds.DotnetRoot;
        foreach ((string name, string value) in environment ?? [])
            start.Environment[name] = value;
        return Playground.Start(start);
    }

    /// <summary>Runs a command to its end; a command that hangs is killed and fails the test.</summary>
    public Outcome Run(IEnumerable<string> command, TimeSpan? patience = null, string? workingDirectory = null, bool sameSession = false)
    {
        string output = Path.Combine(Playground.NewFolder(), "output");
        string[] line = [.. command];
        using Process process = Start(line, output, sameSession: sameSession, workingDirectory: workingDirectory);
        bool ended = process.WaitForExit(patience ?? Settings.Patience);
        if (!ended)
        {
            process.Kill();
            process.WaitForExit();
        }

        string text = File.Exists(output) ? File.ReadAllText(output) : "";
        return new Outcome(string.Join(' ', line), ended ? process.ExitCode : -1, text);
    }
}

/// <summary>How a command ended: -1 when it had to be killed.</summary>
internal sealed record Outcome(string Command, int ExitCode, string Output)
{
    public Outcome Succeeded()
    {
        Assert.True(ExitCode == 0, ToString());
        return this;
    }

    public override string ToString() => $"{Command}\n{(ExitCode == -1 ? "hung and was killed" : $"exit status {ExitCode}")}\n{Output}";
}
