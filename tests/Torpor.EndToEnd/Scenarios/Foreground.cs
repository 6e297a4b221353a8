using System.Diagnostics;

namespace Torpor.EndToEnd.Scenarios;

/// <summary>A restore in the foreground stands for its process: exit status, death by signal, and signals that are passed on. And shell jobs.</summary>
public sealed class Foreground : Scenario
{
    private static (Process Tool, RunningTarget Target) InForeground(RunningTarget target)
    {
        string images = Path.Combine(target.Folder, "i");
        Checkpoint(target.Pid, images).Succeeded();
        target.Gone();
        string output = images + ".output";
        Process tool = Actor.User.Start([Binary, "restore", images, "--pid-file", images + ".pid", "--pidns"], output);
        bool came = RunningTarget.Eventually(() => (File.Exists(images + ".pid") && File.ReadAllText(images + ".pid").Trim().Length > 0) || tool.HasExited);
        Assert.True(came && !tool.HasExited, $"can't be restored\n{File.ReadAllText(output)}");
        target.Restored(Rung.ReadPid(images + ".pid"));
        target.Check("in the foreground");
        return (tool, target);
    }

    [Theory, InlineData(9), InlineData(15), InlineData(6)]
    public void Restore_ProcessKilledBySignal_PassesItOn(int signal)
    {
        using RunningTarget started = Start("devices");
        (Process tool, RunningTarget target) = InForeground(started);
        Playground.Kill(target.Pid, signal);
        Assert.True(tool.WaitForExit(Settings.Patience), "restore does not end");
        Assert.Equal(128 + signal, tool.ExitCode);
        End(tool);
    }

    [Fact]
    public void Restore_ToolGetsSigterm_ProcessGetsIt()
    {
        using RunningTarget started = Start("devices");
        (Process tool, RunningTarget target) = InForeground(started);
        Playground.Kill(tool.Id, 15);
        Assert.True(tool.WaitForExit(Settings.Patience), "restore does not end");
        Assert.True(RunningTarget.Eventually(() => !target.Alive), "the process did not get the signal");
        Assert.Equal(128 + 15, tool.ExitCode);
        End(tool);
    }

    [Theory, InlineData(false), InlineData(true)]
    public void ShellJob_PipedIntoAnother_ComesBack(bool criu)
    {
        // The shell leads the session, and the output goes through a pipe to a process that is not part of the checkpoint.
        string binary = Builds.CTarget(Path.Combine(Settings.Targets, "c", "pipes.c")), folder = Playground.NewFolder();
        string state = Playground.Open(Directory.CreateDirectory(Path.Combine(folder, "s")).FullName);
        Process shell = Actor.User.Start(["sh", "-c", $"{binary} {state} | cat > {folder}/through"], Path.Combine(folder, "output"));
        int pid = 0;
        try
        {
            Assert.True(RunningTarget.Eventually(() => File.Exists(state + "/ready")), "the job does not start");
            pid = Rung.ReadPid(state + "/ready");
            string images = Path.Combine(folder, "i");
            if (criu)
            {
                Playground.Open(Directory.CreateDirectory(images).FullName);
                Actor.User.Run([Builds.Binary("criu", false), "dump", "-t", $"{pid}", "-D", images, "-j"]).Succeeded();
                Actor.User.Run([Builds.Binary("criu", false), "restore", "-D", images, "-d", "-j", "--pidfile", images + ".pid"]).Succeeded();
            }
            else
            {
                Checkpoint(pid, images).Succeeded();
                Restore(images).Succeeded();
            }

            pid = Rung.ReadPid(images + ".pid");
            File.WriteAllText(state + "/check", "");
            Assert.True(RunningTarget.Eventually(() => File.Exists(state + "/result")), "the restored job does not answer");
            Assert.Equal("ok", File.ReadAllText(state + "/result"));
            File.WriteAllText(state + "/stop", "");
            Assert.True(RunningTarget.Eventually(() => !RunningTarget.IsAlive(pid)), "the restored job does not stop");
        }
        finally
        {
            foreach (int left in Pids(state))
                Playground.Kill(left, 9);
            End(shell);
        }
    }
}
