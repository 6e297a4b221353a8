using Torpor.Images;
using Torpor.Linux;
using Torpor.Linux.ProcFs;

namespace Torpor.Model;

/// <summary>What slices share while a tree of processes is captured.</summary>
public sealed class CaptureTree
{
    public required CheckpointOptions Options { get; init; }

    public required ImageDirectoryWriter Output { get; init; }

    /// <summary>Told of long work; may be null.</summary>
    public IProgress<ProgressStep>? Progress { get; init; }

    /// <summary>Those that are alive; the root first, parents before their children.</summary>
    public List<CaptureContext> Processes { get; } = [];

    /// <summary>Those of which only the exit status is left.</summary>
    public List<CapturedZombie> Zombies { get; } = [];

    public CaptureContext Root => Processes[0];

    public TreeImages Images { get; } = new();

    /// <summary>Remarks for the user: what differs, and why that is right.</summary>
    public List<string> Notes { get; } = [];

    /// <summary>What slices keep between their phases for the tree as a whole, by type.</summary>
    public StateBag State { get; } = new();

    /// <summary>What has to be done once the images are whole and before the processes are killed; not called when they go on.</summary>
    public List<Action> BeforeKill { get; } = [];

    /// <summary>Of all processes.</summary>
    public IEnumerable<Refusal> Refusals => Processes.SelectMany(process => process.Refusals.Items);

    /// <summary>The process with a pid as the tool sees it; null when it is not in the tree.</summary>
    public CaptureContext? Find(Pid pid) => Processes.Find(process => process.Pid == pid);
}

/// <summary>A process that has ended, and whose parent has not asked for its exit status yet.</summary>
/// <param name="Pid">As the tool sees it.</param>
/// <param name="Parent">As the tool sees it.</param>
/// <param name="Proc">Its directory in /proc.</param>
public sealed record CapturedZombie(Pid Pid, Pid Parent, ProcTask Proc);
