using System.Diagnostics;
using Torpor.Linux;
using Torpor.Linux.ProcFs;

namespace Torpor.Model;

/// <summary>Looks for the current owners of the ids that a restore wants in this pid namespace.</summary>
internal static class PidCheck
{
    /// <summary>How long to wait for a zombie's parent: right after a checkpoint the killed process may not be reaped yet.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    public static void ThrowIfTaken(IEnumerable<uint> ids)
    {
        var waited = Stopwatch.StartNew();
        foreach (uint id in ids)
        {
            while (Owner(id) is { } owner)
            {
                if (!owner.IsZombie || waited.Elapsed > s_patience)
                    throw Taken(id, owner.Name);
                Thread.Sleep(5);
            }
        }
    }

    public static bool IsTaken(uint id) => Owner(id) is not null;

    public static TorporException Taken(uint id, string owner) =>
        new(FailureKind.PidTaken, $"id {id} is taken by {owner}", "end that process, or restore with --pidns, where every pid is free");

    private static (string Name, bool IsZombie)? Owner(uint id)
    {
        try
        {
            ProcStatus status = new ProcTask(new Pid((int)id)).Status();
            bool zombie = status.State is 'Z' or 'X';
            string name = status.Tgid.Value == (int)id ? $"process {id} ({status.Name})" : $"a thread of process {status.Tgid} ({status.Name})";
            return (zombie ? name + ", a zombie that its parent has not reaped" : name, zombie);
        }
        catch (LinuxException)
        {
            return null;
        }
    }
}
