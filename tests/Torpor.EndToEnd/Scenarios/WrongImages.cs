namespace Torpor.EndToEnd.Scenarios;

/// <summary>Images that can't be restored: missing, truncated, damaged, foreign, or no longer fitting the world. Nothing may be left behind.</summary>
public sealed class WrongImages : Scenario
{
    // Pages are raw memory: nothing in them can be wrong, only missing.
    private static bool IsPages(string file) => Path.GetFileName(file).StartsWith("pages-", StringComparison.Ordinal);

    private static string Checkpointed(RunningTarget target)
    {
        string images = Path.Combine(target.Folder, "i");
        Checkpoint(target.Pid, images).Succeeded();
        target.Gone();
        return images;
    }

    private static void RefusesRestore(RunningTarget target, string images, params int[] codes)
    {
        Refuses(Restore(images), codes);
        Assert.False(Runs(target.State), target.Describe("was left behind by a failed restore"));
    }

    // As the user, for the images are his alone.
    private static string Copy(string images, string to)
    {
        Actor.User.Run(["cp", "-a", images, to]).Succeeded();
        return to;
    }

    [Fact]
    public void Restore_NoDirectory_Says109() => Refuses(Restore(Path.Combine(Playground.NewFolder(), "i")), 109);

    [Fact]
    public void Restore_EmptyDirectory_Says109() => Refuses(Restore(Playground.NewFolder()), 109);

    [Fact]
    public void Restore_FileMissing_Says109ForEach()
    {
        using RunningTarget target = Start("pipes");
        string images = Checkpointed(target);
        foreach (string file in Directory.GetFiles(images, "*.img"))
        {
            string copy = Copy(images, Path.Combine(target.Folder, "missing-" + Path.GetFileName(file)));
            File.Delete(Path.Combine(copy, Path.GetFileName(file)));
            Outcome outcome = Restore(copy);
            // A file may be one that a restore does not need, as CRIU's are.
            Assert.True(outcome.ExitCode is 0 or 109 or 110, $"without {file}: {outcome}");
            if (outcome.ExitCode == 0)
                KillRestored(copy);
            else
                Speaks(outcome);
            Assert.False(Runs(target.State), target.Describe($"was left behind without {file}"));
        }
    }

    [Fact]
    public void Restore_FileTruncated_Says110ForEach()
    {
        using RunningTarget target = Start("pipes");
        string images = Checkpointed(target);
        foreach (string file in Directory.GetFiles(images, "*.img"))
        {
            long length = new FileInfo(file).Length;
            if (length < 2)
                continue;
            string copy = Copy(images, Path.Combine(target.Folder, "short-" + Path.GetFileName(file)));
            using (FileStream stream = File.OpenWrite(Path.Combine(copy, Path.GetFileName(file))))
                stream.SetLength(IsPages(file) ? length - 4096 : length - 1);
            RefusesRestore(target, copy, 110, 111);
        }
    }

    [Fact]
    public void Restore_BitFlipped_NeverCrashesNorLeavesAnything()
    {
        using RunningTarget target = Start("pipes");
        string images = Checkpointed(target);
        var random = new Random(4711);
        foreach (string file in Directory.GetFiles(images, "*.img").Where(file => !IsPages(file)))
            for (int flip = 0; flip < 4; flip++)
            {
                byte[] bytes = File.ReadAllBytes(file);
                int at = flip == 0 ? 5 : random.Next(bytes.Length);
                bytes[Math.Min(at, bytes.Length - 1)] ^= (byte)(1 << random.Next(8));
                string copy = Copy(images, Path.Combine(target.Folder, $"flip-{flip}-{Path.GetFileName(file)}"));
                File.WriteAllBytes(Path.Combine(copy, Path.GetFileName(file)), bytes);
                Outcome outcome = Restore(copy);
                Assert.True(outcome.ExitCode is 0 or (> 101 and <= 118), $"byte {at} of {file}: {outcome}");
                if (outcome.ExitCode == 0)
                    KillRestored(copy);
                else
                    Speaks(outcome);
                Assert.False(Runs(target.State), target.Describe($"was left behind, byte {at} of {file}"));
                Playground.TryDelete(copy);
            }
    }

    [Theory, InlineData("inventory.img"), InlineData("pstree.img")]
    public void Restore_ForeignFile_Says111(string file)
    {
        using RunningTarget target = Start("devices");
        string images = Checkpointed(target);
        File.WriteAllText(Path.Combine(images, file), "#!/bin/sh\necho this is no image, but a script of some length\n");
        RefusesRestore(target, images, 111);
    }

    [Fact]
    public void Restore_ExecutableChanged_Says112()
    {
        string folder = Playground.NewFolder();
        string binary = Builds.Compile(Path.Combine(Settings.Targets, "c", "devices.c"), folder);
        using var target = new RunningTarget("c/devices", [binary], Actor.User);
        target.Ready();
        string images = Checkpointed(target);
        byte[] original = File.ReadAllBytes(binary);
        File.AppendAllText(binary, "one more line");
        RefusesRestore(target, images, 112);
        File.WriteAllBytes(binary, original);
        Restore(images).Succeeded();
        KillRestored(images);
    }

    [Fact]
    public void Restore_FileGone_Says112()
    {
        using RunningTarget target = Start("regular_files");
        string images = Checkpointed(target);
        File.Move(target.PathOf("content"), target.PathOf("elsewhere"));
        RefusesRestore(target, images, 112, 109);
    }

    [Fact]
    public void Restore_PidTaken_Says113()
    {
        if (Rung.SamePid.Missing() is { } reason)
            Assert.Skip(reason);
        using RunningTarget target = Start("devices", Actor.UserWithFileCapability);
        string images = Path.Combine(target.Folder, "i");
        Rung.SamePid.Checkpoint(target, images, leaveRunning: true);
        Outcome outcome = Rung.SamePid.TryRestore(images, images + ".pid");
        Refuses(outcome, 113);
        Assert.Contains($"{target.Pid}", outcome.Output);
        Assert.Contains("--pidns", outcome.Output);
        target.Check("after the refused restore");
    }

    [Fact]
    public void Restore_SamePidWithoutCapability_Says116()
    {
        using RunningTarget target = Start("devices");
        string images = Checkpointed(target);
        if (!Settings.IsRoot && Actor.User == Actor.Caller && File.ReadAllText("/proc/self/status").Contains("CapEff:\t0000000000000000", StringComparison.Ordinal) == false)
            Assert.Skip("this user has capabilities");
        Refuses(Actor.User.Run([Binary, "restore", images, "--detach", "--same-pid"]), 116);
        Assert.False(Runs(target.State), target.Describe("was left behind"));
    }

    private static void KillRestored(string images)
    {
        int pid = Rung.ReadPid(images + ".pid");
        Playground.Kill(pid, 9);
        Assert.True(RunningTarget.Eventually(() => !RunningTarget.IsAlive(pid)), "the restored process can't be killed");
    }
}
