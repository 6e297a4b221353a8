using Torpor.Criu.CommandLine;

namespace Torpor.Criu.Commands;

/// <summary><c>criu check</c></summary>
internal static class CheckCommand
{
    private const int Failure = 1;

    /// <summary>Features by CRIU's name: the check that tells, or null for what Torpor does not use or not support yet.</summary>
    private static readonly SortedDictionary<string, string?> s_features = new(StringComparer.Ordinal)
    {
        ["clone3_set_tid"] = "clone3",
        ["kcmp_epoll"] = "system calls",
        ["timens"] = "time namespace",
        ["userns"] = "private namespaces",
        ["mem_dirty_track"] = null,
        ["uffd"] = null,
        ["uffd-noncoop"] = null,
        ["pidfd_store"] = null,
        ["compat_cr"] = null,
        ["external_net_ns"] = null,
        ["seccomp_filters"] = null,
        ["tcp_half_closed"] = null,
    };

    public static int Run(CriuSettings settings, TextWriter output, TextWriter error)
    {
        if (settings.Feature == "list")
        {
            output.WriteLine(string.Join(" ", s_features.Keys));
            return 0;
        }
        DoctorReport report = Doctor.Examine();
        if (settings.Feature is { } feature)
            return CheckFeature(feature, report, error);

        foreach (DoctorCheck check in report.Checks.Where(check => check.State == CheckState.Missing))
            error.WriteLine($"Error (torpor): {check.Name}: {check.Meaning}{(check.Remedy is { } remedy ? $"; remedy: {remedy}" : "")}");
        // A rung that is not reached is no fault of the kernel: what is there gets used.
        output.WriteLine(report.Ready ? "Looks good." : "Does not look good.");
        return report.Ready ? 0 : Failure;
    }

    private static int CheckFeature(string feature, DoctorReport report, TextWriter error)
    {
        if (!s_features.TryGetValue(feature, out string? name))
        {
            error.WriteLine($"Error (torpor): unknown feature {feature}; --feature list shows those that are known");
            return Failure;
        }
        if (name is null)
        {
            error.WriteLine($"Error (torpor): {feature} is not supported yet");
            return Failure;
        }
        return report.Checks.Single(check => check.Name == name).State == CheckState.Good ? 0 : Failure;
    }
}
