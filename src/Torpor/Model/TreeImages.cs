using Torpor.Images.Messages;

namespace Torpor.Model;

/// <summary>
/// The messages of one checkpoint in memory: what the processes of the tree share, and each process's own. Pages and other
/// bulk data are not here; they go straight between the kernel and their files.
/// </summary>
public sealed class TreeImages
{
    public InventoryEntry Inventory { get; set; } = new();

    /// <summary>The root first, parents before their children; those that have ended and wait for their parents are among them.</summary>
    public List<ProcessImages> Processes { get; } = [];

    /// <summary>The open file descriptions by id, of every kind.</summary>
    public SortedDictionary<uint, FileEntry> Files { get; } = [];

    /// <summary>Data queued in pipes by pipe id.</summary>
    public List<(PipeDataEntry Entry, byte[] Data)> PipeData { get; } = [];

    /// <summary>Data queued in named pipes by pipe id.</summary>
    public List<(PipeDataEntry Entry, byte[] Data)> FifoData { get; } = [];

    /// <summary>Terminals by the id that descriptions of them name.</summary>
    public List<TtyInfoEntry> Terminals { get; } = [];

    /// <summary>What can be read from a terminal's end.</summary>
    public List<TtyDataEntry> TerminalData { get; } = [];

    /// <summary>Packets queued in sockets.</summary>
    public List<(SkPacketEntry Entry, byte[] Data)> SocketPackets { get; } = [];

    /// <summary>What TCP connections hold, by the socket's inode.</summary>
    public SortedDictionary<uint, TcpStream> TcpStreams { get; } = [];

    /// <summary>memfd inodes; their contents are the shared memory images that <c>shmid</c> names.</summary>
    public List<MemfdInodeEntry> MemfdInodes { get; } = [];

    /// <summary>Deleted files kept as ghosts: which file id lives on as which ghost.</summary>
    public List<RemapFilePathEntry> Remaps { get; } = [];

    /// <summary>Locks and leases: of which process, and through which of its descriptors.</summary>
    public List<FileLockEntry> FileLocks { get; } = [];

    /// <summary>Seccomp filters; threads name the newest of their chain by its index, and each filter the one before it.</summary>
    public List<SeccompFilter> SeccompFilters { get; } = [];

    /// <summary>Offsets of the time namespace at capture; null when the image has none.</summary>
    public TimensEntry? TimeNamespace { get; set; }

    /// <summary>Adds a description under a fresh id and sets that id in the entry.</summary>
    public uint AddFile(FileEntry entry)
    {
        entry.Id = (uint)Files.Count + 1;
        Files.Add(entry.Id, entry);
        return entry.Id;
    }
}
