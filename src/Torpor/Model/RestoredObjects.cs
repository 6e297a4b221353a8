using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Tracing;

namespace Torpor.Model;

/// <summary>
/// Where restored processes have descriptors of shared objects while their plan runs. Whoever makes an object first
/// keeps a descriptor of it here; the memory slice makes the rest, fills all but ghosts with their content, and adds
/// seals at its very end, because a sealed file takes no more content and no more writable mappings.
/// </summary>
public sealed class RestoredObjects
{
    private readonly Dictionary<(SharedObjectKind, ulong), int> _descriptors = [];

    public static RestoredObjects Of(RestoreTree tree) => tree.State.GetOrAdd<RestoredObjects>();

    public static RestoredObjects Of(RestoreContext context) => Of(context.Tree);

    /// <summary>Notes that a descriptor of the object is kept for all processes.</summary>
    /// <param name="kind">The kind of object.</param>
    /// <param name="id">Its image id, see <see cref="SharedObjectKind"/>.</param>
    /// <param name="fd">The descriptor's number in every process while the plan runs, with whatever access mode.</param>
    public void Keep(SharedObjectKind kind, ulong id, int fd) => _descriptors.TryAdd((kind, id), fd);

    /// <summary>The number of a kept descriptor in the task.</summary>
    public bool TryFind(SharedObjectKind kind, ulong id, out int fd) => _descriptors.TryGetValue((kind, id), out fd);

    /// <summary>
    /// Emits the calls that make a memfd of the right name, size and owner, still without content and seals; returns the
    /// number of its descriptor, open for reading and writing, at the lowest free place. For the program that opens files.
    /// </summary>
    public static int CreateMemfd(RestoreTree tree, MemfdInodeEntry entry)
    {
        // Without MFD_ALLOW_SEALING the kernel starts a memfd with F_SEAL_SEAL; that state can only be had at creation.
        uint flags = entry.Seals == F_SEAL_SEAL ? 0u : MFD_ALLOW_SEALING;
        if (entry.HasHugetlbFlag)
            flags |= MFD_HUGETLB | entry.HugetlbFlag;
        string name = entry.Name.Length > MemfdNameLimit ? entry.Name[..MemfdNameLimit] : entry.Name;
        int fd = tree.Descriptors.Open(tree.Opening, $"create memfd {name}", SyscallNumber.memfd_create,
            tree.Opening.Text(name), flags);
        if (entry.Size > 0)
            tree.Opening.Call($"size memfd {name}", SyscallNumber.ftruncate, fd, entry.Size);
        return fd;
    }

    public const uint F_SEAL_SEAL = 0x1;

    private const uint MFD_ALLOW_SEALING = 0x2;
    private const uint MFD_HUGETLB = 0x4;

    /// <summary>memfd_create(2) accepts 249 bytes.</summary>
    private const int MemfdNameLimit = 249;
}
