namespace Torpor.EndToEnd.Scenarios;

/// <summary>
/// A JVM maps a file of performance data, /tmp/hsperfdata_USER/PID, and every JVM that starts deletes those of its user's JVMs that are gone:
/// so the file of a checkpointed JVM is gone as soon as that user starts any other.
/// </summary>
public sealed class PerformanceData : Scenario
{
    [Fact]
    public void Jvm_RestoredAfterAnotherJvmRan_KeepsItsState()
    {
        if (TargetProgram.Jvm.Missing() is { } reason)
            Assert.Skip(reason);
        using var target = new RunningTarget(TargetProgram.Jvm, Actor.Caller);
        target.Ready();
        string file = $"/tmp/hsperfdata_{Environment.UserName}/{target.Pid}";
        if (!File.Exists(file))
            Assert.Skip($"this JVM has no {file}");
        string images = Path.Combine(target.Folder, "i");
        Actor.Caller.Run([Binary, "checkpoint", $"{target.Pid}", "-o", images]).Succeeded();
        target.Gone();
        Actor.Caller.Run(["java", "-version"]).Succeeded();
        File.Delete(file); // where that JVM did not
        Actor.Caller.Run([Binary, "restore", images, "--detach", "--pid-file", images + ".pid", "--pidns"]).Succeeded();
        target.Restored(Rung.ReadPid(images + ".pid"));
        target.Check("restored after its performance data was deleted");
        target.StopRestored();
    }
}
