using static Torpor.Linux.Uapi.Socket;

namespace Torpor.Slices.Files.Unsupported;

/// <summary>Sockets of families that no other kind takes: each is refused by name.</summary>
internal sealed class UnsupportedSocketKind : IFileKind
{
    public FdTypes? Restores => null;

    public bool Recognizes(OpenDescription description) => description.Status.IsSocket;

    public void Inspect(FileInspection inspection, IReadOnlyList<OpenDescription> descriptions)
    {
        foreach (OpenDescription description in descriptions)
        {
            inspection.Refuse(description, $"is a socket of a family that is not supported ({Describe(description.Socket)})",
                "let the process close it first");
        }
    }

    private static string Describe(SocketIdentity? socket) => socket is not { } known
        ? "unknown"
        : known.Family switch
        {
            AF_NETLINK => $"netlink, protocol {known.Protocol}",
            AF_PACKET => "packet",
            AF_VSOCK => "vsock",
            AF_INET or AF_INET6 => $"type {known.Type}, protocol {known.Protocol}",
            _ => $"family {known.Family}, type {known.Type}",
        };
}

/// <summary>Everything else: what the kernel calls it is what the refusal calls it.</summary>
internal sealed class UnsupportedKind : IFileKind
{
    /// <summary>What the kernel calls anonymous inodes, and what people do.</summary>
    private static readonly (string Link, string Name)[] s_known =
    [
        ("anon_inode:[io_uring]", "an io_uring instance"),
        ("anon_inode:[userfaultfd]", "a userfaultfd"),
        ("anon_inode:[perf_event]", "a performance counter"),
        ("anon_inode:[fanotify]", "a fanotify group"),
        ("anon_inode:[pidfd]", "a pidfd"),
        ("pidfd:[", "a pidfd"),
        ("anon_inode:bpf", "an object of BPF"),
        ("anon_inode:[fscontext]", "a mount in the making"),
        ("anon_inode:kvm", "a virtual machine"),
        ("anon_inode:[landlock", "a Landlock ruleset"),
        ("anon_inode:seccomp notify", "a seccomp listener"),
        ("anon_inode:dmabuf", "a DMA buffer"),
        ("anon_inode:sync_file", "a DMA fence"),
        ("/secretmem", "secret memory"),
        ("mnt:[", "a namespace"),
        ("net:[", "a namespace"),
        ("pid:[", "a namespace"),
        ("user:[", "a namespace"),
        ("uts:[", "a namespace"),
        ("ipc:[", "a namespace"),
        ("time:[", "a namespace"),
        ("cgroup:[", "a namespace"),
    ];

    public FdTypes? Restores => null;

    public bool Recognizes(OpenDescription description) => true;

    public void Inspect(FileInspection inspection, IReadOnlyList<OpenDescription> descriptions)
    {
        foreach (OpenDescription description in descriptions)
            inspection.Refuse(description, $"is {NameOf(description)}, which is not supported", "let the process close it first");
    }

    public static string NameOf(OpenDescription description)
    {
        foreach ((string link, string name) in s_known)
        {
            if (description.Link.StartsWith(link, StringComparison.Ordinal))
                return name;
        }
        return $"an object of a kind unknown here (mode {Convert.ToString(description.Status.Mode, 8)})";
    }
}
