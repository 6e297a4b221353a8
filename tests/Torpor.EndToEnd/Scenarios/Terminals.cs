using System.Diagnostics;

namespace Torpor.EndToEnd.Scenarios;

/// <summary>A job on a terminal is checkpointed and comes back on another terminal: that of the one who restores it.</summary>
public sealed class Terminals : Scenario
{
    [Theory, InlineData(false), InlineData(true)]
    public void Job_OnATerminal_ComesBackOnTheCallers(bool criu)
    {
        if (!Builds.Has("script"))
            Assert.Skip("script is not installed (Debian's bsdutils)");
        string binary = Builds.Compile(Path.Combine(Settings.Repository, "tests", "Torpor.EndToEnd", "Scenarios", "terminal.c"), Playground.NewFolder(), "-I", Path.Combine(Settings.Targets, "c"));
        string folder = Playground.NewFolder(), images = Path.Combine(folder, "i"), pidFile = images + ".pid";
        string state = Playground.Open(Directory.CreateDirectory(Path.Combine(folder, "s")).FullName);
        Rounds.OneWithTerminals.Wait(TestContext.Current.CancellationToken);
        Process first = OnTerminal($"exec {binary} {state}", folder), second = first;
        try
        {
            Assert.True(RunningTarget.Eventually(() => File.Exists(state + "/ready") || first.HasExited) && !first.HasExited, $"the job does not start\n{File.ReadAllText(folder + "/output")}");
            int pid = Rung.ReadPid(state + "/ready");
            Ask(state);
            if (criu)
                Playground.Open(Directory.CreateDirectory(images).FullName);
            string[] checkpoint = criu ? [Builds.Binary("criu", false), "dump", "-t", $"{pid}", "-D", images, "-j"] : [Binary, "checkpoint", $"{pid}", "-o", images];
            Actor.User.Run(checkpoint).Succeeded();
            Assert.True(first.WaitForExit(Settings.Patience), "the first terminal does not close");
            string restore = criu ? $"{Builds.Binary("criu", false)} restore -D {images} -j --pidfile {pidFile}" : $"{Binary} restore {images} --pidns --pid-file {pidFile}";
            second = OnTerminal("exec " + restore, folder);
            Assert.True(RunningTarget.Eventually(() => (File.Exists(pidFile) && File.ReadAllText(pidFile).Length > 0) || second.HasExited) && !second.HasExited,
                $"the job does not come back\n{File.ReadAllText(folder + "/output")}");
            Ask(state);
            File.WriteAllText(state + "/stop", "");
            Assert.True(second.WaitForExit(Settings.Patience), "the job does not stop");
            Assert.Equal(42, second.ExitCode);
            Assert.Contains("still here", File.ReadAllText(folder + "/output"));
        }
        finally
        {
            foreach (int left in Pids(state))
                Playground.Kill(left, 9);
            End(first);
            if (second != first)
                End(second);
            Rounds.OneWithTerminals.Release();
        }
    }

    private static Process OnTerminal(string command, string folder) =>
        Actor.User.Start(["script", "--quiet", "--return", "--command", command, "/dev/null"], Path.Combine(folder, "output"), [("SHELL", "/bin/sh")]);

    private static void Ask(string state)
    {
        File.WriteAllText(state + "/check", "");
        Assert.True(RunningTarget.Eventually(() => File.Exists(state + "/result")), "the job does not answer");
        Assert.Equal("ok", File.ReadAllText(state + "/result"));
        File.Delete(state + "/check");
        File.Delete(state + "/result");
    }
}
