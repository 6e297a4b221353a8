using System.Globalization;

namespace Torpor.Criu.CommandLine;

/// <summary>Every option that CRIU documents, and how it is treated. docs/criu-command-line.md shows the same table; a test compares them.</summary>
internal static class OptionTable
{
    private const string NoIncremental = "incremental checkpoints are not supported yet";
    private const string NoNamespaces = "mount and network namespaces are not captured yet";
    private const string NoCgroups = "cgroups are not captured yet";
    private const string NoPageServer = "there is no page server yet";
    private const string NoSecurityModules = "security labels are not captured yet";

    public static IReadOnlyList<OptionSpec> All { get; } =
    [
        // Generic
        Value("tree", 't', "the process to dump", (settings, pid) => settings.Pid = Number("-t", pid, 1)),
        Value("images-dir", 'D', "must exist; the default is the working directory", (settings, path) => settings.ImagesDirectory = path),
        Value("work-dir", 'W', "for log, pid file and statistics; the default is the directory of the images", (settings, path) => settings.WorkDirectory = path),
        Flag("restore-detached", 'd', "without it, criu waits and exits as the restored program does", (settings, on) => settings.Detach = on),
        Flag("leave-running", 'R', "", (settings, on) => settings.LeaveRunning = on),
        Flag("leave-stopped", 's', "", (settings, on) => settings.LeaveStopped = on),
        Value("pidfile", '\0', "gets the pid as the caller sees it", (settings, path) => settings.PidFile = path),
        Flag("unprivileged", '\0', "the default unless you are root: what privilege there is gets used, see torpor doctor", (_, _) => { }),
        Refused("restore-sibling", 'S', ArgumentKind.None, "the restored process can't be made a sibling yet"),
        Refused("exec-cmd", '\0', ArgumentKind.None, "criu can't become another program yet"),
        Refused("action-script", '\0', ArgumentKind.Required, "action scripts are not run yet"),
        Refused("timeout", '\0', ArgumentKind.Required, "there is no time limit yet"),
        Refused("libdir", 'L', ArgumentKind.Required, "there are no plugins"),
        Refused("stream", '\0', ArgumentKind.None, "images are not streamed yet"),
        Value("close", '\0', "", (_, fd) => Descriptors.Close(Number("--close", fd, 0))),
        Partial("cpu-cap", ArgumentKind.Optional, "`none` and `fpu`; images hold no cpuinfo", CpuCapabilities),
        Accepted("weak-sysctls", ArgumentKind.None, "no sysctl is restored"),

        // Resources that live outside
        Partial("external", ArgumentKind.Required, "`file[...]`, `tty[...]` and `unix[...]` at dump", External),
        Value("inherit-fd", '\0', "", Inherit),
        Flag("shell-job", 'j', "without it a process that has a terminal from outside is refused", (settings, on) => settings.ShellJob = on),
        Flag("ext-unix-sk", 'x', "without it a datagram socket that is connected to one of another process is refused", (settings, on) => settings.ExternalUnixSockets = on),
        Flag("tcp-established", '\0', "at dump; without it a process that has a connection is refused. Restore needs no permission", (settings, on) => settings.TcpEstablished = on),
        Accepted("skip-in-flight", ArgumentKind.None, "a permission; a process that has a connection in flight is refused"),
        Flag("tcp-close", '\0', "at dump, or at restore of images with connections", (settings, on) => settings.TcpClose = on),
        Accepted("network-lock", ArgumentKind.Required, "there is no connection to lock the network for"),
        Flag("file-locks", 'l', "without it a process that holds a lock or a lease is refused; restore needs no permission", (settings, on) => settings.FileLocks = on),
        Accepted("link-remap", ArgumentKind.None, "a permission; deleted files are carried in the images instead"),
        Partial("ghost-limit", ArgumentKind.Required, "checked, but no limit is imposed on deleted files", GhostLimit),
        Accepted("evasive-devices", ArgumentKind.None, "a permission"),
        Accepted("force-irmap", ArgumentKind.None, "a permission; a process that watches files is refused"),
        Accepted("irmap-scan-path", ArgumentKind.Required, "as force-irmap"),
        Accepted("file-validation", ArgumentKind.Required, "size and build id are compared in any case"),

        // Cgroups
        Partial("manage-cgroups", ArgumentKind.Optional, "`ignore` only: " + NoCgroups, ManageCgroups),
        Refused("cgroup-root", '\0', ArgumentKind.Required, NoCgroups),
        Refused("cgroup-props", '\0', ArgumentKind.Required, NoCgroups),
        Refused("cgroup-props-file", '\0', ArgumentKind.Required, NoCgroups),
        Refused("cgroup-dump-controller", '\0', ArgumentKind.Required, NoCgroups),
        Refused("cgroup-yard", '\0', ArgumentKind.Required, NoCgroups),
        Refused("freeze-cgroup", '\0', ArgumentKind.Required, "the cgroup freezer is not used yet"),

        // Namespaces
        Refused("root", 'r', ArgumentKind.Required, NoNamespaces),
        Refused("mntns-compat-mode", '\0', ArgumentKind.None, NoNamespaces),
        Refused("skip-mnt", '\0', ArgumentKind.Required, NoNamespaces),
        Refused("enable-fs", '\0', ArgumentKind.Required, NoNamespaces),
        Refused("ext-mount-map", 'M', ArgumentKind.Required, NoNamespaces),
        Refused("enable-external-sharing", '\0', ArgumentKind.None, NoNamespaces),
        Refused("enable-external-masters", '\0', ArgumentKind.None, NoNamespaces),
        Refused("empty-ns", '\0', ArgumentKind.Required, NoNamespaces),
        Refused("join-ns", 'J', ArgumentKind.Required, NoNamespaces),
        Refused("veth-pair", '\0', ArgumentKind.Required, NoNamespaces),
        Refused("lsm-profile", '\0', ArgumentKind.Required, NoSecurityModules),
        Refused("lsm-mount-context", '\0', ArgumentKind.Required, NoSecurityModules),

        // Memory
        Refused("track-mem", '\0', ArgumentKind.None, NoIncremental),
        Refused("prev-images-dir", '\0', ArgumentKind.Required, NoIncremental),
        Refused("pre-dump-mode", '\0', ArgumentKind.Required, NoIncremental),
        Refused("auto-dedup", '\0', ArgumentKind.None, NoIncremental),
        Refused("lazy-pages", '\0', ArgumentKind.None, "memory is not restored lazily yet"),

        // Page server and service
        Refused("page-server", '\0', ArgumentKind.None, NoPageServer),
        Refused("address", '\0', ArgumentKind.Required, NoPageServer),
        Refused("port", '\0', ArgumentKind.Required, NoPageServer),
        Refused("ps-socket", '\0', ArgumentKind.Required, NoPageServer),
        Refused("status-fd", '\0', ArgumentKind.Required, NoPageServer),
        Refused("daemon", '\0', ArgumentKind.None, NoPageServer),
        Refused("tls", '\0', ArgumentKind.None, NoPageServer),
        Refused("tls-cacert", '\0', ArgumentKind.Required, NoPageServer),
        Refused("tls-cacrl", '\0', ArgumentKind.Required, NoPageServer),
        Refused("tls-cert", '\0', ArgumentKind.Required, NoPageServer),
        Refused("tls-key", '\0', ArgumentKind.Required, NoPageServer),
        Refused("tls-no-cn-verify", '\0', ArgumentKind.None, NoPageServer),

        // Check
        Accepted("extra", ArgumentKind.None, "all features that are used are checked in any case"),
        Accepted("experimental", ArgumentKind.None, "no experimental feature is used"),
        Accepted("all", ArgumentKind.None, "as extra"),
        Value("feature", '\0', "`list` prints the names", (settings, name) => settings.Feature = name),

        // Log and configuration
        Value("log-file", 'o', "relative to the work directory", (settings, path) => settings.LogFile = path),
        Accepted("log-pid", ArgumentKind.None, "restored processes write no log of their own"),
        new("verbosity", 'v', ArgumentKind.Optional, Support.Supported, "0 to 4; the default is 2", Verbosity),
        Flag("display-stats", '\0', "", (settings, on) => settings.DisplayStatistics = on),
        // Both are looked for before anything else is read: see CommandLineReader.
        Value("config", '\0', "instead of the default files", (_, _) => { }),
        Flag("no-default-config", '\0', "", (_, _) => { }),
        Flag("help", 'h', "", (settings, on) => settings.ShowHelp = on),
        Flag("version", 'V', "", (settings, on) => settings.ShowVersion = on),
    ];

    private static OptionSpec Flag(string name, char letter, string remark, Action<CriuSettings, bool> apply) =>
        new(name, letter, ArgumentKind.None, Support.Supported, remark, (settings, _, on) => apply(settings, on));

    private static OptionSpec Value(string name, char letter, string remark, Action<CriuSettings, string> apply) =>
        new(name, letter, ArgumentKind.Required, Support.Supported, remark, (settings, argument, _) => apply(settings, argument!));

    private static OptionSpec Accepted(string name, ArgumentKind argument, string remark, char letter = '\0') =>
        new(name, letter, argument, Support.Accepted, remark, (_, _, _) => { });

    private static OptionSpec Partial(string name, ArgumentKind argument, string remark, Action<CriuSettings, string?> apply) =>
        new(name, '\0', argument, Support.Partial, remark, (settings, value, _) => apply(settings, value));

    private static OptionSpec Refused(string name, char letter, ArgumentKind argument, string reason) =>
        new(name, letter, argument, Support.Refused, reason, (settings, _, on) =>
        {
            if (on)
                settings.Refusals[$"--{name}"] = reason;
            else
                settings.Refusals.Remove($"--{name}");
        });

    private static void Verbosity(CriuSettings settings, string? argument, bool on)
    {
        // -vvv arrives as v with the argument vv: each letter is one more, up from the default.
        if (argument is null)
            settings.Verbosity++;
        else if (argument.All(letter => letter == 'v'))
            settings.Verbosity += 1 + argument.Length;
        else
            settings.Verbosity = Number("--verbosity", argument, 0);
        settings.Verbosity = Math.Min(settings.Verbosity, CriuSettings.HighestVerbosity);
    }

    private static void CpuCapabilities(CriuSettings settings, string? argument)
    {
        if (argument is not ("none" or "fpu"))
            settings.Refusals["--cpu-cap"] = $"of {argument ?? "all"} nothing is recorded; none and fpu are supported";
    }

    private static void ManageCgroups(CriuSettings settings, string? argument)
    {
        if (argument != "ignore")
            settings.Refusals["--manage-cgroups"] = $"{NoCgroups}; --manage-cgroups=ignore leaves the process in the cgroup of its restorer";
        else
            settings.Refusals.Remove("--manage-cgroups");
    }

    private static void External(CriuSettings settings, string? argument)
    {
        int bracket = argument!.IndexOf('[');
        string kind = bracket < 0 ? argument : argument[..bracket];
        if (kind is "file" or "tty" or "unix" && bracket > 0)
            settings.External.Add(argument);
        else
            settings.Refusals[$"--external {argument}"] = bracket < 0 ? "it should read like file[mnt_id:inode]" : $"external resources of type {kind} are not supported yet";
    }

    private static void Inherit(CriuSettings settings, string argument)
    {
        // fd[N]:resource, where the resource may contain brackets and colons itself.
        int end = argument.IndexOf("]:", StringComparison.Ordinal);
        if (!argument.StartsWith("fd[", StringComparison.Ordinal) || end < 0 || end + 2 == argument.Length)
            throw new UsageException($"invalid argument for --inherit-fd: {argument} (it should read like fd[3]:pipe:[4242])");
        settings.InheritedDescriptors[argument[(end + 2)..]] = Number("--inherit-fd", argument[3..end], 0);
    }

    private static void GhostLimit(CriuSettings settings, string? argument)
    {
        ReadOnlySpan<char> digits = argument.AsSpan();
        if (digits.Length > 1 && digits[^1] is 'K' or 'M' or 'G' or 'k' or 'm' or 'g')
            digits = digits[..^1];
        if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            throw new UsageException($"invalid argument for --ghost-limit: {argument} (a number, with K, M or G)");
    }

    private static int Number(string option, string text, int least) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= least
            ? value
            : throw new UsageException($"invalid argument for {option}: {text}");
}
