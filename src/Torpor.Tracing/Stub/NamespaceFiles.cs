using Torpor.Linux;

namespace Torpor.Tracing;

/// <summary>Sets up namespaces of a stopped task from outside, through its files in /proc.</summary>
public static class NamespaceFiles
{
    /// <summary>Maps one user and one group to themselves in the task's new user namespace; needs no privilege, see user_namespaces(7).</summary>
    public static void MapOwnIds(Pid pid, uint uid, uint gid)
    {
        Write($"/proc/{pid}/setgroups", "deny");
        Write($"/proc/{pid}/uid_map", $"{uid} {uid} 1");
        Write($"/proc/{pid}/gid_map", $"{gid} {gid} 1");
    }

    /// <summary>Sets the clocks of the time namespace that the task's children will be in, see time_namespaces(7).</summary>
    /// <param name="pid">A task that has unshared its time namespace and has no child in it yet.</param>
    /// <param name="monotonic">Added to CLOCK_MONOTONIC.</param>
    /// <param name="boottime">Added to CLOCK_BOOTTIME.</param>
    public static void SetTimeOffsets(Pid pid, TimeSpan monotonic, TimeSpan boottime) =>
        Write($"/proc/{pid}/timens_offsets", $"monotonic {Split(monotonic)}\nboottime {Split(boottime)}\n");

    private static string Split(TimeSpan offset)
    {
        // Nanoseconds are from 0 to 999999999 also for negative offsets.
        long ticks = offset.Ticks;
        long seconds = Math.DivRem(ticks, TimeSpan.TicksPerSecond, out long rest);
        if (rest < 0)
        {
            seconds--;
            rest += TimeSpan.TicksPerSecond;
        }
        return $"{seconds} {rest * 100}";
    }

    private static void Write(string path, string text)
    {
        try
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            stream.Write(System.Text.Encoding.ASCII.GetBytes(text));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LinuxException($"write '{text.Trim().Replace('\n', ' ')}' to {path} ({e.Message})", Errno.EPERM);
        }
    }
}
