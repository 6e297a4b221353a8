using Torpor.Linux;

namespace Torpor.Model;

/// <summary>What kind of memory several mappings or descriptors may share.</summary>
public enum SharedObjectKind
{
    /// <summary>Made by mmap(2) with MAP_SHARED and MAP_ANONYMOUS: reachable through mappings only.</summary>
    Anonymous,

    /// <summary>Made by memfd_create(2). Its image id is <c>memfd_inode_entry.inode_id</c>.</summary>
    Memfd,

    /// <summary>A file without a name any more that a descriptor keeps alive. Its image id is the ghost's, <c>remap_file_path_entry.remap_id</c>.</summary>
    GhostFile,
}

/// <summary>One inode whose content lives nowhere but in the kernel's memory, found at capture.</summary>
public sealed class SharedObject(SharedObjectKind kind, uint id, DeviceId device, ulong inode)
{
    public SharedObjectKind Kind { get; } = kind;

    /// <summary>Its number in the images: <c>shmid</c>, the name of its pagemap image. Unique among shared objects.</summary>
    public uint Id { get; } = id;

    public DeviceId Device { get; } = device;

    public ulong Inode { get; } = inode;

    /// <summary>In bytes.</summary>
    public ulong Size { get; set; }

    /// <summary>A description of the object in <see cref="ProcessImages.Files"/>, for mappings to name; zero when there is none.</summary>
    public uint FileId { get; set; }

    /// <summary>The tool's own duplicate of a descriptor of the object, to read it through. Whoever sets it leaves it open; the memory slice closes it.</summary>
    public Fd? Descriptor { get; set; }

    /// <summary>The content is in the images already: the memory slice leaves it alone. Set for ghosts by whoever writes them.</summary>
    public bool Captured { get; set; }
}

/// <summary>
/// The shared memory objects of a tree by device and inode. The slice that sees descriptors registers what it
/// holds one for, with its description and image entries; the memory slice adds what only mappings show and captures
/// the content of all that are not <see cref="SharedObject.Captured"/>.
/// </summary>
public sealed class SharedObjects
{
    private readonly Dictionary<(DeviceId, ulong), SharedObject> _byInode = [];
    private readonly List<SharedObject> _items = [];
    private uint _lastId;
    private uint _lastPagesId;

    public static SharedObjects Of(CaptureTree tree) => tree.State.GetOrAdd<SharedObjects>();

    public static SharedObjects Of(CaptureContext context) => Of(context.Tree);

    public IReadOnlyList<SharedObject> Items => _items;

    public SharedObject? Find(DeviceId device, ulong inode) => _byInode.GetValueOrDefault((device, inode));

    /// <summary>The object with this inode; a new one when it isn't known yet.</summary>
    public SharedObject Register(SharedObjectKind kind, DeviceId device, ulong inode)
    {
        if (Find(device, inode) is { } known)
            return known;
        var item = new SharedObject(kind, NextId(), device, inode);
        _items.Add(item);
        _byInode.Add((device, inode), item);
        return item;
    }

    /// <summary>A number that no shared object has, for one more shared memory image.</summary>
    public uint NextId() => ++_lastId;

    /// <summary>A number for one more <c>pages-N.img</c>.</summary>
    public uint NextPagesId() => ++_lastPagesId;
}
