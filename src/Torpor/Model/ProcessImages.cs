using Torpor.Images.Messages;

namespace Torpor.Model;

/// <summary>
/// Every message of one process's checkpoint in memory: slices fill their own fields at capture and read them at restore.
/// Pages and other bulk data are not here; they go straight between the kernel and their files.
/// </summary>
public sealed class ProcessImages
{
    /// <summary>CRIU's task states in <c>task_core_entry.task_state</c>.</summary>
    public const uint TaskAlive = 1;

    /// <summary>Stopped by job control.</summary>
    public const uint TaskStopped = 3;

    public InventoryEntry Inventory { get; set; } = new();

    /// <summary>The process with its ids and thread ids as seen from inside its own pid namespace.</summary>
    public PstreeEntry Process { get; set; } = new();

    /// <summary>The core image of each thread by its inner tid; the leader's also holds what belongs to the process (<c>tc</c>).</summary>
    public SortedDictionary<uint, CoreEntry> Cores { get; } = [];

    public CoreEntry LeaderCore => Cores[Process.Pid];

    public MmEntry Mm { get; set; } = new();

    public TaskKobjIdsEntry Ids { get; set; } = new();

    public FsEntry Fs { get; set; } = new();

    /// <summary>The descriptor table: number, flags, and the id of the description in <see cref="Files"/>.</summary>
    public List<FdinfoEntry> Descriptors { get; } = [];

    /// <summary>The open file descriptions by id, of every kind.</summary>
    public SortedDictionary<uint, FileEntry> Files { get; } = [];

    /// <summary>Data queued in pipes by pipe id.</summary>
    public List<(PipeDataEntry Entry, byte[] Data)> PipeData { get; } = [];

    /// <summary>Data queued in named pipes by pipe id.</summary>
    public List<(PipeDataEntry Entry, byte[] Data)> FifoData { get; } = [];

    /// <summary>Terminals by the id that descriptions of them name.</summary>
    public List<TtyInfoEntry> Terminals { get; } = [];

    /// <summary>Packets queued in sockets.</summary>
    public List<(SkPacketEntry Entry, byte[] Data)> SocketPackets { get; } = [];

    /// <summary>memfd inodes; their contents are the shared memory images that <c>shmid</c> names.</summary>
    public List<MemfdInodeEntry> MemfdInodes { get; } = [];

    /// <summary>Deleted files kept as ghosts: which file id lives on as which ghost.</summary>
    public List<RemapFilePathEntry> Remaps { get; } = [];

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
