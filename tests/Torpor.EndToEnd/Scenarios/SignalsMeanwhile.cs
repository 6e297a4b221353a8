namespace Torpor.EndToEnd.Scenarios;

/// <summary>Signals that were sent to a process that stood still end the system calls in which its threads wait.</summary>
public sealed class SignalsMeanwhile : Scenario
{
    private const int FirstSignal = 35; // SIGRTMIN + 1
    private const int Kinds = 7;
    private const int SIGCONT = 18;
    private const int SIGSTOP = 19;

    [Fact]
    public void Restore_SignalsPending_EndCallsWithEintr()
    {
        using RunningTarget target = StoppedWithSignals();
        string images = Path.Combine(target.Folder, "i");
        Checkpoint(target.Pid, images).Succeeded();
        target.Gone();
        Restore(images).Succeeded();
        target.Restored(Rung.ReadPid(images + ".pid"));
        GoesOn(target, "restored");
    }

    [Fact]
    public void Checkpoint_LeftRunningWithSignalsPending_EndCallsWithEintr()
    {
        using RunningTarget target = StoppedWithSignals();
        Checkpoint(target.Pid, Path.Combine(target.Folder, "i"), "--leave-running").Succeeded();
        GoesOn(target, "left running");
    }

    private static RunningTarget StoppedWithSignals()
    {
        RunningTarget target = Start("interrupted");
        Playground.Kill(target.Pid, SIGSTOP);
        Assert.True(RunningTarget.Eventually(() => File.ReadAllText($"/proc/{target.Pid}/stat").Contains(") T ", StringComparison.Ordinal)), target.Describe("does not stop"));
        for (int signal = FirstSignal; signal < FirstSignal + Kinds; signal++)
            Playground.Kill(target.Pid, signal);
        File.WriteAllText(target.PathOf("sent"), "");
        return target;
    }

    private static void GoesOn(RunningTarget target, string how)
    {
        Playground.Kill(target.Pid, SIGCONT);
        target.Check($"{how} with signals that came while it stood still");
        File.Delete(target.PathOf("sent"));
        target.Check($"{how}, once more");
    }
}
