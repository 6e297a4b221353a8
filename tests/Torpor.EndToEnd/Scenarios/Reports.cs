using System.Text.Json;

namespace Torpor.EndToEnd.Scenarios;

/// <summary>What the tool tells: doctor, inspect, help, and images that crit reads.</summary>
public sealed class Reports : Scenario
{
    public static IEnumerable<TheoryDataRow<string>> Targets => TargetProgram.Features;

    [Fact]
    public void Doctor_Json_IsJson()
    {
        Outcome outcome = Actor.User.Run([Binary, "doctor", "--json"]);
        using JsonDocument document = JsonDocument.Parse(outcome.Output);
        Assert.Equal(JsonValueKind.Object, document.RootElement.ValueKind);
        Actor.User.Run([Binary, "doctor"]).Succeeded();
    }

    [Fact]
    public void Inspect_Checkpoint_TellsPidAndFiles()
    {
        using RunningTarget target = Start("regular_files");
        string images = Path.Combine(target.Folder, "i");
        Checkpoint(target.Pid, images, "--leave-running").Succeeded();
        using JsonDocument document = JsonDocument.Parse(Actor.User.Run([Binary, "inspect", images, "--json"]).Succeeded().Output);
        Assert.Contains($"{target.Pid}", document.RootElement.GetRawText());
        string text = Actor.User.Run([Binary, "inspect", images]).Succeeded().Output;
        Assert.Contains($"{target.Pid}", text);
    }

    [Theory, InlineData("checkpoint"), InlineData("restore"), InlineData("inspect"), InlineData("doctor")]
    public void Help_OfEachVerb_Succeeds(string verb) => Assert.Contains(verb, Actor.User.Run([Binary, verb, "--help"]).Succeeded().Output);

    [Fact]
    public void Criu_Version_ReadsAsCrius() => Assert.Matches(@"^Version: \d+\.\d+", Actor.User.Run([Builds.Binary("criu", false), "--version"]).Succeeded().Output);

    /// <summary>One Python process for all files, by the modules that crit itself is made of.</summary>
    [Theory, MemberData(nameof(Targets))]
    public void Crit_EveryImage_Decodes(string name)
    {
        NeedsCrit();
        if (TargetProgram.Named(name).Missing() is { } reason)
            Assert.Skip(reason);
        Rung rung = TargetProgram.Named(name).Lowest;
        if (rung.Missing() is { } absent)
            Assert.Skip(absent);
        using var target = new RunningTarget(TargetProgram.Named(name), rung.Actor);
        target.Ready();
        string images = Path.Combine(target.Folder, "i");
        rung.Checkpoint(target, images, leaveRunning: true);
        rung.Actor.Run(["/usr/bin/python3", "-c", """
            import glob, sys, pycriu
            for path in sorted(glob.glob(sys.argv[1] + "/*.img")):
                if "/pages-" in path:
                    continue
                with open(path, "rb") as file:
                    try:
                        image = pycriu.images.load(file, True)
                    except Exception as error:
                        sys.exit(f"{path}: {error!r}")
                    assert image["magic"], path
                    pycriu.images.dumps(pycriu.images.loads(open(path, "rb").read()))
            """, images]).Succeeded();
    }

    [Theory, InlineData("pipes"), InlineData("socketpairs"), InlineData("threads_256")]
    public void Crit_CommandLine_DecodesShowsAndExplores(string name)
    {
        NeedsCrit();
        using RunningTarget target = Start(name);
        string images = Path.Combine(target.Folder, "i");
        Checkpoint(target.Pid, images, "--leave-running").Succeeded();
        string[] files = [.. Actor.User.Run(["ls", images]).Output.Split('\n').Where(file => file.EndsWith(".img", StringComparison.Ordinal) && !file.StartsWith("pages-", StringComparison.Ordinal))];
        Assert.Contains("inventory.img", files);
        foreach (string file in files.Where(file => !file.StartsWith("core-", StringComparison.Ordinal)).Append($"core-{target.Pid}.img"))
        {
            using JsonDocument document = JsonDocument.Parse(Actor.User.Run(["crit", "decode", "-i", Path.Combine(images, file)]).Succeeded().Output);
            Assert.True(document.RootElement.TryGetProperty("magic", out _), file);
            Actor.User.Run(["crit", "show", Path.Combine(images, file)]).Succeeded();
        }

        foreach (string view in new[] { "ps", "fds", "mems", "rss" })
            Assert.Contains($"{target.Pid}", Actor.User.Run(["crit", "x", images, view]).Succeeded().Output);
    }

    private static void NeedsCrit()
    {
        if (!Builds.Has("crit"))
            Assert.Skip("crit is not installed (Debian's criu package)");
    }
}
