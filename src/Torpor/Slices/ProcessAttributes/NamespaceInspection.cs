using Torpor.Linux.ProcFs;
using Torpor.Model;

namespace Torpor.Slices.ProcessAttributes;

/// <summary>Whether the target lives in the namespaces that the tool lives in, but for those that a restore makes itself.</summary>
internal static class NamespaceInspection
{
    private static readonly (string Link, string Name, string Enter)[] Shared =
    [
        ("ns/net", "network", "--net"), ("ns/uts", "host name (UTS)", "--uts"), ("ns/ipc", "IPC", "--ipc"), ("ns/cgroup", "cgroup", "--cgroup"),
    ];

    public static void Inspect(CaptureContext context)
    {
        foreach ((string link, string name, string enter) in Shared)
        {
            if (context.Threads.Any(t => Differs(t.Proc, link)))
                context.Refusals.Add($"{name} namespace", "is another than the one torpor runs in", $"run torpor inside it: nsenter {enter} --target {context.Pid}");
        }
        if (context.Threads.Any(t => Differs(t.Proc, "ns/user") && !MapsToSame(t.Proc)))
            context.Refusals.Add("user namespace", "gives its user or group another number than torpor's", "run torpor inside the namespace");
        if (context.Threads.FirstOrDefault(t => Differs(t.Proc, "ns/mnt")) is { } elsewhere && !HasSameMounts(elsewhere.Proc))
            context.Refusals.Add("mount namespace", "has other mounts than the one torpor runs in", $"run torpor inside it: nsenter --mount --target {context.Pid}");
    }

    private static bool Differs(ProcTask task, string link) =>
        task.TryReadLink(link) is { } other && ProcTask.Self.TryReadLink(link) is { } own && other != own;

    private static bool MapsToSame(ProcTask task)
    {
        ProcStatus status = task.Status();
        return IdMap.MapsToItself(task.ReadText("uid_map"), status.Uids.Effective) && IdMap.MapsToItself(task.ReadText("gid_map"), status.Gids.Effective);
    }

    /// <summary>A copy of our own mount namespace, which may have gained mounts since: whatever the process sees, a new copy shows too.</summary>
    private static bool HasSameMounts(ProcTask task) =>
        MountTable.Describe(task.ReadText("mountinfo")).IsSubsetOf(MountTable.Describe(ProcTask.Self.ReadText("mountinfo")));
}

/// <summary>/proc/PID/uid_map and gid_map, see user_namespaces(7).</summary>
internal static class IdMap
{
    /// <summary>Whether an id that the reader sees is the same inside the namespace.</summary>
    public static bool MapsToItself(string map, uint id)
    {
        foreach (string line in map.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length == 3 && uint.TryParse(fields[0], out uint inside) && uint.TryParse(fields[1], out uint outside)
                && uint.TryParse(fields[2], out uint count) && id >= outside && id - outside < count)
            {
                return inside == outside;
            }
        }
        return false;
    }
}

/// <summary>/proc/PID/mountinfo, see proc_pid_mountinfo(5).</summary>
internal static class MountTable
{
    private const int Device = 2;
    private const int Options = 5;
    private const int MountPoint = 4;

    /// <summary>What is mounted where, without ids, propagation and what a restore mounts itself: /proc and pseudo-terminals.</summary>
    public static HashSet<string> Describe(string mountInfo)
    {
        HashSet<string> mounts = [];
        foreach (string line in mountInfo.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] fields = line.Split(' ');
            int separator = Array.IndexOf(fields, "-");
            if (separator <= Options || separator + 1 >= fields.Length || IsMadeByRestore(fields[MountPoint]))
                continue;
            mounts.Add($"{string.Join(' ', fields[Device..(Options + 1)])} {fields[separator + 1]}");
        }
        return mounts;
    }

    private static bool IsMadeByRestore(string mountPoint) =>
        mountPoint is "/proc" or "/dev/pts" || mountPoint.StartsWith("/proc/", StringComparison.Ordinal);
}
