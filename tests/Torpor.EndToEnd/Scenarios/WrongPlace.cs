namespace Torpor.EndToEnd.Scenarios;

/// <summary>Image directories that can't take a checkpoint; the target goes on and nothing half-made stays.</summary>
public sealed class WrongPlace : Scenario
{
    [Fact]
    public void Checkpoint_DirectoryInUse_Says108AndTouchesNothing()
    {
        using RunningTarget target = Start("devices");
        string images = Playground.Open(Directory.CreateDirectory(Path.Combine(target.Folder, "i")).FullName);
        File.WriteAllText(Path.Combine(images, "precious"), "mine");
        Refuses(Checkpoint(target.Pid, images), 108);
        Assert.Equal("mine", File.ReadAllText(Path.Combine(images, "precious")));
        Assert.Single(Directory.GetFileSystemEntries(images));
        target.Check("after a refused checkpoint");
    }

    [Fact]
    public void Checkpoint_EmptyDirectory_IsUsed()
    {
        using RunningTarget target = Start("devices");
        string images = Playground.Open(Directory.CreateDirectory(Path.Combine(target.Folder, "i")).FullName);
        Checkpoint(target.Pid, images, "--leave-running").Succeeded();
        target.Check("after the checkpoint");
    }

    [Theory, InlineData("/proc/torpor-e2e"), InlineData("/dev/null/i"), InlineData("/nowhere/at/all")]
    public void Checkpoint_DirectoryThatCantBeMade_Says108(string images)
    {
        using RunningTarget target = Start("devices");
        Refuses(Checkpoint(target.Pid, images), 107, 108);
        target.Check("after a refused checkpoint");
    }

    [Fact]
    public void Checkpoint_ParentNotWritable_Says108()
    {
        using RunningTarget target = Start("devices");
        string parent = Directory.CreateDirectory(Path.Combine(target.Folder, "closed")).FullName;
        File.SetUnixFileMode(parent, UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        Refuses(Checkpoint(target.Pid, Path.Combine(parent, "i")), 107, 108);
        target.Check("after a refused checkpoint");
        File.SetUnixFileMode(parent, (UnixFileMode)0b111_000_000);
    }

    [Fact]
    public void Checkpoint_FullDisk_Says107AndLeavesNothing()
    {
        if (Playground.SmallDisk is not { } disk)
        {
            Assert.Skip("mounting a small file system needs root");
            return;
        }

        using RunningTarget target = Start("anon_patterns");
        string images = Path.Combine(disk, "i");
        Refuses(Checkpoint(target.Pid, images), 107);
        LeavesNothing(images);
        Assert.Empty(Directory.GetFileSystemEntries(disk));
        target.Check("after the disk was full");
    }

    [Fact]
    public void Checkpoint_FileSizeLimit_FailsAndLeavesNothing()
    {
        using RunningTarget target = Start("anon_patterns");
        string images = Path.Combine(target.Folder, "i");
        Outcome outcome = Actor.User.Run(["prlimit", "--fsize=200000", Binary, "checkpoint", $"{target.Pid}", "-o", images]);
        // The kernel's answer to a file above the limit is SIGXFSZ before it is EFBIG.
        Assert.True(outcome.ExitCode is 107 or 128 + 25 or 153, outcome.ToString());
        if (outcome.ExitCode == 107)
            LeavesNothing(images);
        target.Check("after a checkpoint that hit the limit");
    }

    [Fact]
    public void Checkpoint_Directory_IsPrivate()
    {
        using RunningTarget target = Start("devices");
        string images = Path.Combine(target.Folder, "i");
        Checkpoint(target.Pid, images, "--leave-running").Succeeded();
        Assert.Equal((UnixFileMode)0b111_000_000, File.GetUnixFileMode(images));
        foreach (string file in Directory.GetFiles(images))
            Assert.Equal((UnixFileMode)0b110_000_000, File.GetUnixFileMode(file));
    }
}
