using Torpor.Linux;
using Torpor.Linux.ProcFs;

namespace Torpor.Model;

/// <summary>Looks for the current owners of the ids that a restore wants in this pid namespace.</summary>
internal static class PidCheck
{
    public static void ThrowIfTaken(IEnumerable<uint> ids)
    {
        foreach (uint id in ids)
        {
            if (Owner(id) is { } owner)
                throw Taken(id, owner);
        }
    }

    public static TorporException Taken(uint id, string owner) =>
        new(FailureKind.PidTaken, $"id {id} is taken by {owner}", "end that process, or restore with --pidns, where every pid is free");

    private static string? Owner(uint id)
    {
        try
        {
            ProcStatus status = new ProcTask(new Pid((int)id)).Status();
            return status.Tgid.Value == (int)id ? $"process {id} ({status.Name})" : $"a thread of process {status.Tgid} ({status.Name})";
        }
        catch (LinuxException)
        {
            return null;
        }
    }
}
