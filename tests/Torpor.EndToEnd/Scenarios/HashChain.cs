namespace Torpor.EndToEnd.Scenarios;

/// <summary>A deterministic computation, interrupted twenty times, gives the hash of a run without interruption.</summary>
public sealed class HashChain : Scenario
{
    private const int Interruptions = 20;

    [Theory, InlineData("pidns"), InlineData("same-pid"), InlineData("criu")]
    public void Computation_InterruptedTwentyTimes_GivesTheSameHash(string name)
    {
        Rung rung = name switch { "pidns" => Rung.PidNamespace, "criu" => Rung.Criu, _ => Rung.SamePid };
        if (rung.Missing() is { } reason)
            Assert.Skip(reason);
        (string, string)[] length = [("HASHLOOP_MILESTONES", "1500")];
        using RunningTarget undisturbed = Start("hashloop", rung.Actor, length), target = Start("hashloop", rung.Actor, length);
        for (int i = 1; i <= Interruptions; i++)
        {
            Thread.Sleep(10 + i * 3);
            Assert.False(File.Exists(target.PathOf("final")), $"the computation was over before interruption {i}");
            string images = Path.Combine(target.Folder, $"i{i}");
            rung.Checkpoint(target, images);
            rung.Restore(target, images);
            Playground.TryDelete(images);
        }

        Assert.True(RunningTarget.Eventually(() => File.Exists(undisturbed.PathOf("final")) && File.Exists(target.PathOf("final"))), target.Describe("does not finish"));
        Assert.Equal(File.ReadAllText(undisturbed.PathOf("final")), File.ReadAllText(target.PathOf("final")));
        target.Check("at the end");
        target.StopRestored();
        undisturbed.Stop();
    }
}
