using Torpor.Images.Messages;
using Torpor.Linux;

namespace Torpor.Model;

/// <summary>The readings of the shiftable clocks as the target sees them, so that they can go on without a jump.</summary>
internal static class CaptureClocks
{
    public static void Describe(CaptureContext context)
    {
        (TimeSpan monotonic, TimeSpan boottime) = Difference(context);
        context.Tree.Images.TimeNamespace = new TimensEntry { Monotonic = ToImage(Clock.Monotonic + monotonic), Boottime = ToImage(Clock.Boottime + boottime) };
    }

    /// <summary>The readings in an image; null when it has none, or none that can be.</summary>
    public static (TimeSpan Monotonic, TimeSpan Boottime)? FromImage(TimensEntry? entry) =>
        entry?.Monotonic is { } monotonic && entry.Boottime is { } boottime && IsSane(monotonic) && IsSane(boottime)
            ? (FromImage(monotonic), FromImage(boottime))
            : null;

    private static bool IsSane(Timespec time) => time.TvSec < int.MaxValue && time.TvNsec < 1_000_000_000;

    private static TimeSpan FromImage(Timespec time) => TimeSpan.FromTicks(((long)time.TvSec * TimeSpan.TicksPerSecond) + ((long)time.TvNsec / 100));

    private static Timespec ToImage(TimeSpan time) =>
        new() { TvSec = (ulong)(time.Ticks / TimeSpan.TicksPerSecond), TvNsec = (ulong)(time.Ticks % TimeSpan.TicksPerSecond * 100) };

    /// <summary>The target's clock minus ours. The file holds offsets to the initial time namespace.</summary>
    private static (TimeSpan Monotonic, TimeSpan Boottime) Difference(CaptureContext context)
    {
        (TimeSpan Monotonic, TimeSpan Boottime) target = Offsets(context.Proc);
        (TimeSpan Monotonic, TimeSpan Boottime) own = Offsets(Linux.ProcFs.ProcTask.Self);
        return (target.Monotonic - own.Monotonic, target.Boottime - own.Boottime);
    }

    private static (TimeSpan Monotonic, TimeSpan Boottime) Offsets(Linux.ProcFs.ProcTask task)
    {
        TimeSpan monotonic = default, boottime = default;
        // Missing on kernels without time namespaces.
        if (!task.Exists("timens_offsets"))
            return default;
        foreach (string line in task.ReadText("timens_offsets").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length != 3)
                continue;
            var offset = TimeSpan.FromTicks((long.Parse(fields[1]) * TimeSpan.TicksPerSecond) + (long.Parse(fields[2]) / 100));
            if (fields[0] == "monotonic")
                monotonic = offset;
            else if (fields[0] == "boottime")
                boottime = offset;
        }
        return (monotonic, boottime);
    }
}
