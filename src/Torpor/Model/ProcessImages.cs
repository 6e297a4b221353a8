using Torpor.Images.Messages;

namespace Torpor.Model;

/// <summary>The messages of one process: slices fill their own fields at capture and read them at restore.</summary>
public sealed class ProcessImages
{
    /// <summary>CRIU's task states in <c>task_core_entry.task_state</c>.</summary>
    public const uint TaskAlive = 1;

    /// <summary>It has ended, and its parent has not asked for its exit status yet.</summary>
    public const uint TaskDead = 2;

    /// <summary>Stopped by job control.</summary>
    public const uint TaskStopped = 3;

    /// <summary>What some versions write for <see cref="TaskDead"/>.</summary>
    public const uint TaskZombie = 6;

    public ProcessImages(TreeImages tree)
    {
        Tree = tree;
        tree.Processes.Add(this);
    }

    /// <summary>The only process of a checkpoint.</summary>
    public ProcessImages()
        : this(new TreeImages())
    {
    }

    /// <summary>What it shares with the other processes.</summary>
    public TreeImages Tree { get; }

    /// <summary>The process with its ids and thread ids as seen from inside its own pid namespace.</summary>
    public PstreeEntry Process { get; set; } = new();

    public uint Pid => Process.Pid;

    /// <summary>The core image of each thread by its inner tid; the leader's also holds what belongs to the process (<c>tc</c>).</summary>
    public SortedDictionary<uint, CoreEntry> Cores { get; } = [];

    public CoreEntry LeaderCore => Cores[Process.Pid];

    /// <summary>Only its exit status is left.</summary>
    public bool IsDead => LeaderCore.Tc?.TaskState is TaskDead or TaskZombie;

    public bool IsStopped => LeaderCore.Tc?.TaskState == TaskStopped;

    /// <summary>It runs, but stops at once.</summary>
    public bool IsAboutToStop => LeaderCore.Tc?.TorporStopPending == true;

    public MmEntry Mm { get; set; } = new();

    /// <summary>Processes that have an id in common share the object: memory, descriptor table, working directory, signal actions.</summary>
    public TaskKobjIdsEntry Ids { get; set; } = new();

    public FsEntry Fs { get; set; } = new();

    /// <summary>The descriptor table: number, flags, and the id of the description in <see cref="Files"/>.</summary>
    public List<FdinfoEntry> Descriptors { get; private set; } = [];

    /// <summary>Has this process show the table of another one, because they share it.</summary>
    public void ShareDescriptors(ProcessImages other) => Descriptors = other.Descriptors;

    public InventoryEntry Inventory => Tree.Inventory;

    public SortedDictionary<uint, FileEntry> Files => Tree.Files;

    public List<(PipeDataEntry Entry, byte[] Data)> PipeData => Tree.PipeData;

    public List<(PipeDataEntry Entry, byte[] Data)> FifoData => Tree.FifoData;

    public List<TtyInfoEntry> Terminals => Tree.Terminals;

    public List<(SkPacketEntry Entry, byte[] Data)> SocketPackets => Tree.SocketPackets;

    public List<MemfdInodeEntry> MemfdInodes => Tree.MemfdInodes;

    public List<RemapFilePathEntry> Remaps => Tree.Remaps;

    public uint AddFile(FileEntry entry) => Tree.AddFile(entry);
}
