using System.Diagnostics;

namespace Torpor.EndToEnd.Scenarios;

/// <summary>The tool is killed at any instant: a checkpoint leaves its target unharmed, a restore leaves nothing behind, and both can be repeated.</summary>
public sealed class KilledTool : Scenario
{
    private static readonly int[] DelaysMs = [1, 2, 4, 6, 8, 12, 16, 25, 40, 80];

    private static void RunAndKill(IEnumerable<string> command, int afterMs)
    {
        Process tool = Actor.User.Start(command, Path.Combine(Playground.NewFolder(), "output"));
        Thread.Sleep(afterMs);
        End(tool);
    }

    [Theory, InlineData("threads_256"), InlineData("syscall_storm"), InlineData("registers"), InlineData("sleeps"), InlineData("blocked_calls")]
    public void Checkpoint_Killed_TargetGoesOn(string name)
    {
        using RunningTarget target = Start(name);
        foreach (int delay in DelaysMs)
        {
            string images = Path.Combine(target.Folder, $"i{delay}");
            RunAndKill([Binary, "checkpoint", $"{target.Pid}", "-o", images, "--leave-running"], delay);
            target.Check($"after the tool was killed {delay} ms into a checkpoint");
            Assert.True(RunningTarget.Eventually(() => File.ReadAllText($"/proc/{target.Pid}/status").Contains("TracerPid:\t0", StringComparison.Ordinal)), "the target is still traced");
            if (!File.Exists(Path.Combine(images, "inventory.img")))
                Refuses(Restore(images), 109, 110);
        }

        Checkpoint(target.Pid, Path.Combine(target.Folder, "whole"), "--leave-running").Succeeded();
        target.Check("after a whole checkpoint");
        target.Stop();
    }

    [Fact]
    public void Restore_Killed_LeavesNothingOrAWholeProcess()
    {
        using RunningTarget target = Start("threads_256");
        string images = Path.Combine(target.Folder, "i");
        Checkpoint(target.Pid, images).Succeeded();
        target.Gone();
        foreach (int delay in DelaysMs)
        {
            RunAndKill([Binary, "restore", images, "--detach", "--pidns"], delay);
            Thread.Sleep(100);
            int[] left = [.. Pids(target.State)];
            if (left.Length > 0)
            {
                // The kill came after the restore was done: then it is a whole process.
                Assert.Single(left);
                target.Restored(left[0]);
                target.Check($"restored by a tool that was killed after {delay} ms");
                Playground.Kill(left[0], 9);
                Assert.True(RunningTarget.Eventually(() => !Runs(target.State)), target.Describe("can't be killed"));
            }
        }

        Restore(images).Succeeded();
        target.Restored(Rung.ReadPid(images + ".pid"));
        target.Check("restored after many attempts");
        target.StopRestored();
    }
}
