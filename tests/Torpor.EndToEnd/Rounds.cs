using System.Diagnostics;

namespace Torpor.EndToEnd;

/// <summary>What is done with a target in each variant.</summary>
internal static class Rounds
{
    // A starting JVM deletes the performance data of JVMs of its user that it believes dead, and so those of one that is checkpointed just now.
    private static readonly SemaphoreSlim OneJvm = new(1);

    /// <summary>What makes a pseudo-terminal takes the lowest free number, which may be that of one that is checkpointed just now.</summary>
    public static SemaphoreSlim OneWithTerminals { get; } = new(1);

    /// <summary>Alone, as it is: a target that fails here says nothing about checkpoints.</summary>
    public static void Alone(TargetProgram program)
    {
        Skip(program.Missing() ?? program.Lowest.Missing());
        Locked(program, () =>
        {
            using var target = new RunningTarget(program, program.Lowest.Actor);
            target.Ready();
            for (int round = 1; round <= Settings.Rounds; round++)
                target.Check($"alone, check {round}");
            target.Stop();
        });
    }

    /// <summary>Checkpointed again and again, and left running each time.</summary>
    public static void LeftRunning(TargetProgram program, Rung rung) => Guarded(program, rung, "running", target =>
    {
        for (int round = 1; round <= Settings.Rounds; round++)
        {
            rung.Checkpoint(target, Path.Combine(target.Folder, $"i{round}"), leaveRunning: true);
            target.Check($"left running by checkpoint {round}");
        }

        target.Stop();
    });

    /// <summary>Checkpointed, killed and restored again and again, each time from the restored copy; the last copy tells its exit status where the rung can.</summary>
    public static void ThereAndBack(TargetProgram program, Rung rung) => Guarded(program, rung, rung.Name, target =>
    {
        for (int round = 1; round <= Settings.Rounds; round++)
        {
            string images = Path.Combine(target.Folder, $"i{round}");
            rung.Checkpoint(target, images);
            if (round == Settings.Rounds && rung.ForegroundRestore(images, images + ".pid") is { } command)
            {
                InForeground(target, rung, command, images);
                return;
            }

            rung.Restore(target, images);
            target.Check($"restored in round {round} ({rung.Name})");
            Playground.TryDelete(images);
        }

        target.StopRestored();
    });

    private static void InForeground(RunningTarget target, Rung rung, IReadOnlyList<string> command, string images)
    {
        string output = images + ".output", pidFile = images + ".pid";
        using Process restore = rung.Actor.Start(command, output);
        try
        {
            bool came = RunningTarget.Eventually(() => (File.Exists(pidFile) && File.ReadAllText(pidFile).Trim().Length > 0) || restore.HasExited);
            Assert.True(came && !restore.HasExited, target.Describe($"can't be restored in the foreground\n{File.ReadAllText(output)}"));
            target.Restored(Rung.ReadPid(pidFile));
            target.Check($"restored in the foreground ({rung.Name})");
            target.StopRestored();
            Assert.True(restore.WaitForExit(Settings.Patience), "restore does not end with the process it waits for");
            Assert.True(restore.ExitCode == 42, $"restore passes on exit status {restore.ExitCode}, not 42\n{File.ReadAllText(output)}");
        }
        finally
        {
            if (!restore.HasExited)
                restore.Kill();
        }
    }

    private static void Guarded(TargetProgram program, Rung rung, string variant, Action<RunningTarget> rounds)
    {
        Skip(program.Missing() ?? rung.Missing());
        Skip(program.Rungs.Count > 0 && !program.Rungs.Contains(variant) ? $"{program.Name} is for {string.Join(' ', program.Rungs)} only" : null);
        Locked(program, () =>
        {
            using var target = new RunningTarget(program, rung.Actor);
            target.Ready();
            target.Check("before the first checkpoint");
            rounds(target);
        });
    }

    private static void Locked(TargetProgram program, Action action)
    {
        SemaphoreSlim? one = program.Language == "java" ? OneJvm : program.HasTerminals ? OneWithTerminals : null;
        one?.Wait();
        try
        {
            action();
        }
        finally
        {
            one?.Release();
        }
    }

    private static void Skip(string? reason)
    {
        if (reason is not null)
            Assert.Skip(reason);
    }
}
