using System.Globalization;

namespace Torpor.EndToEnd;

/// <summary>One way to checkpoint and restore: who does it, with which command line, into which namespace.</summary>
internal abstract record Rung(string Name, Actor Actor, bool Capable)
{
    public static Rung PidNamespace { get; } = new TorporRung("pidns", Actor.User, false, "--pidns");

    public static Rung SamePid { get; } = new TorporRung("same-pid", Actor.UserWithFileCapability, true, "--same-pid");

    public static Rung Criu { get; } = new CriuRung("criu", Actor.User, false);

    public static Rung Root { get; } = new TorporRung("root", Actor.Caller, false);

    /// <summary>Why this rung can't be tried here; null when it can.</summary>
    public string? Missing()
    {
        if (Settings.IsRoot)
            return !Builds.Has("setpriv") ? "setpriv is not installed" : Capable && !Builds.Has("setcap") ? "setcap is not installed" : null;
        return Name switch
        {
            "same-pid" => "only root can give the binary cap_checkpoint_restore",
            "root" => "the tests don't run as root",
            _ => null,
        };
    }

    public abstract Outcome TryCheckpoint(int pid, string images, bool leaveRunning = false, params IReadOnlyList<string> flags);

    public abstract Outcome TryRestore(string images, string pidFile);

    /// <summary>The command that waits for the restored process; null where there is none.</summary>
    public abstract IReadOnlyList<string>? ForegroundRestore(string images, string pidFile);

    public void Checkpoint(RunningTarget target, string images, bool leaveRunning = false)
    {
        int pid = target.Pid;
        target.RememberDescendants();
        Outcome outcome = TryCheckpoint(pid, images, leaveRunning, target.Flags);
        Assert.True(outcome.ExitCode == 0, target.Describe($"can't be checkpointed\n{outcome}{Log(images)}"));
        if (!leaveRunning)
            target.Gone();
    }

    public void Restore(RunningTarget target, string images)
    {
        string pidFile = images + ".pid";
        Outcome outcome = TryRestore(images, pidFile);
        // A short-lived process of another test may have got the pid meanwhile: exit code 113.
        for (int again = 0; again < 10 && outcome.ExitCode == 113 && !RunningTarget.IsAlive(target.Pid); again++, Thread.Sleep(100))
            outcome = TryRestore(images, pidFile);
        Assert.True(outcome.ExitCode == 0, target.Describe($"can't be restored\n{outcome}{Log(images)}"));
        int pid = ReadPid(pidFile);
        Assert.True(Name != "same-pid" || pid == target.Pid, target.Describe($"came back as {pid}"));
        target.Restored(pid);
    }

    public static int ReadPid(string file) => int.Parse(File.ReadAllText(file).Trim(), CultureInfo.InvariantCulture);

    private static string Log(string images) => string.Concat(
        new[] { "dump.log", "restore.log" }.Select(name => Path.Combine(images, name)).Where(File.Exists).Select(path => $"\n{Path.GetFileName(path)}:\n{string.Join('\n', File.ReadLines(path).TakeLast(40))}"));
}

/// <summary>By torpor's own command line.</summary>
internal sealed record TorporRung(string Name, Actor Actor, bool Capable, params string[] Placement) : Rung(Name, Actor, Capable)
{
    public string Binary => Builds.Binary("torpor", Capable);

    public override Outcome TryCheckpoint(int pid, string images, bool leaveRunning = false, params IReadOnlyList<string> flags) =>
        Actor.Run([Binary, "checkpoint", $"{pid}", "-o", images, .. (leaveRunning ? ["--leave-running"] : Array.Empty<string>()), .. flags]);

    public override Outcome TryRestore(string images, string pidFile) =>
        Actor.Run([Binary, "restore", images, "--detach", "--pid-file", pidFile, .. Placement]);

    public override IReadOnlyList<string>? ForegroundRestore(string images, string pidFile) =>
        [Binary, "restore", images, "--pid-file", pidFile, .. Placement];
}

/// <summary>By CRIU's command line.</summary>
internal sealed record CriuRung(string Name, Actor Actor, bool Capable) : Rung(Name, Actor, Capable)
{
    public override Outcome TryCheckpoint(int pid, string images, bool leaveRunning = false, params IReadOnlyList<string> flags)
    {
        Playground.Open(Directory.CreateDirectory(images).FullName); // CRIU wants it there
        return Actor.Run([Builds.Binary("criu", Capable), "dump", "-t", $"{pid}", "-D", images, "-o", "dump.log", "-v4", "-l", .. (leaveRunning ? ["-R"] : Array.Empty<string>()), .. flags]);
    }

    public override Outcome TryRestore(string images, string pidFile)
    {
        File.Delete(pidFile);
        return Actor.Run([Builds.Binary("criu", Capable), "restore", "-D", images, "-o", "restore.log", "-v4", "-d", "--pidfile", pidFile]);
    }

    public override IReadOnlyList<string>? ForegroundRestore(string images, string pidFile) => null;
}
