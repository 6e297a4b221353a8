using Torpor.Images.Messages;
using Torpor.Linux.ProcFs;

namespace Torpor.Slices.Limits;

/// <summary>The resource limits by RLIMIT_* number, see getrlimit(2).</summary>
internal sealed record LimitsState(IReadOnlyList<ResourceLimit> Limits)
{
    public static LimitsState Of(ProcLimits limits) => new([.. Enumerable.Range(0, limits.Count).Select(i => limits[i])]);

    public TaskRlimitsEntry ToImage()
    {
        var entry = new TaskRlimitsEntry();
        entry.Rlimits.AddRange(Limits.Select(l => new RlimitEntry { Cur = l.Soft, Max = l.Hard }));
        return entry;
    }

    public static LimitsState FromImage(TaskRlimitsEntry entry) => new([.. entry.Rlimits.Select(l => new ResourceLimit(l.Cur, l.Max))]);
}
