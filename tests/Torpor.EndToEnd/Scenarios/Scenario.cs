using System.Diagnostics;

namespace Torpor.EndToEnd.Scenarios;

/// <summary>What scenarios share: a small target under way, the plain binary, and the rules for a refusal.</summary>
public abstract class Scenario
{
    private protected static string Binary => Builds.Binary("torpor", false);

    /// <summary>A target by name even when TORPOR_TARGETS leaves it out of the rows.</summary>
    private protected static RunningTarget Start(string name, Actor? actor = null, IEnumerable<(string, string)>? environment = null)
    {
        string source = Path.Combine(Settings.Targets, "c", name + ".c");
        var target = new RunningTarget($"c/{name}", [Builds.CTarget(source)], actor ?? Actor.User, environment);
        return target.Ready();
    }

    private protected static Outcome Checkpoint(int pid, string images, params string[] more) => Actor.User.Run([Binary, "checkpoint", $"{pid}", "-o", images, .. more]);

    private protected static Outcome Restore(string images, params string[] more) =>
        Actor.User.Run([Binary, "restore", images, "--detach", "--pid-file", images + ".pid", "--pidns", .. more]);

    /// <summary>The expected exit code, a sentence, and no trace of an unhandled exception.</summary>
    private protected static void Refuses(Outcome outcome, params int[] exitCodes)
    {
        Assert.True(exitCodes.Contains(outcome.ExitCode), $"expected exit status {string.Join(" or ", exitCodes)}\n{outcome}");
        Speaks(outcome);
    }

    private protected static void Speaks(Outcome outcome)
    {
        Assert.False(string.IsNullOrWhiteSpace(outcome.Output), $"says nothing\n{outcome}");
        Assert.DoesNotContain("   at ", outcome.Output);
        Assert.DoesNotContain("Unhandled", outcome.Output);
    }

    /// <summary>Nothing half-made: no directory, or the one that was there, without images.</summary>
    private protected static void LeavesNothing(string images) =>
        Assert.True(!Directory.Exists(images) || Directory.GetFiles(images, "*.img").Length == 0, $"{images} holds {string.Join(' ', Directory.Exists(images) ? Directory.GetFiles(images) : [])}");

    private protected static bool Runs(string text) => Pids(text).Any();

    /// <summary>Living processes whose command line holds this text.</summary>
    private protected static IEnumerable<int> Pids(string text)
    {
        foreach (string folder in Directory.GetDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), out int pid) || pid == Environment.ProcessId)
                continue;
            string command = "";
            try
            {
                command = File.ReadAllText(folder + "/cmdline");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
            }

            if (command.Contains(text, StringComparison.Ordinal) && RunningTarget.IsAlive(pid))
                yield return pid;
        }
    }

    private protected static void NeedsRoot(string what)
    {
        if (!Settings.IsRoot)
            Assert.Skip($"{what} needs root");
    }

    private protected static Process Python(string script, Actor? actor = null) =>
        (actor ?? Actor.User).Start(["/usr/bin/python3", "-c", script], Path.Combine(Playground.NewFolder(), "output"));

    private protected static void End(Process process)
    {
        if (!process.HasExited)
            process.Kill();
        process.WaitForExit();
        process.Dispose();
    }
}
