namespace Torpor.Slices.Credentials;

/// <summary>The names of capabilities by number, see capabilities(7).</summary>
internal static class CapabilityNames
{
    public const int CAP_SETPCAP = 8;
    public const int CAP_SYS_ADMIN = 21;
    public const int CAP_SYS_NICE = 23;
    public const int CAP_SYS_RESOURCE = 24;

    private static readonly string[] Names =
    [
        "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP", "LINUX_IMMUTABLE",
        "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT",
        "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE",
        "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ",
        "PERFMON", "BPF", "CHECKPOINT_RESTORE",
    ];

    /// <summary>Every capability that has a name.</summary>
    public static ulong All { get; } = (1UL << Names.Length) - 1;

    public static string Of(int capability) => capability < Names.Length ? $"CAP_{Names[capability]}" : $"capability {capability}";

    /// <summary>The members of a set, in order.</summary>
    public static IEnumerable<int> Members(ulong set) => Enumerable.Range(0, 64).Where(c => Has(set, c));

    public static bool Has(ulong set, int capability) => (set & (1UL << capability)) != 0;

    public static string List(ulong set) => string.Join(", ", Members(set).Select(Of));
}
