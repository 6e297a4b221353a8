using Torpor.Images;
using Torpor.Tracing;

namespace Torpor.Model;

/// <summary>What slices share while the images of a tree are compiled into a plan.</summary>
public sealed class RestoreTree
{
    public required TreeImages Images { get; init; }

    public required ImageDirectoryReader Input { get; init; }

    public required RestoreOptions Options { get; init; }

    public required RestorePrivilege Privilege { get; init; }

    /// <summary>What the root's address space holds before the plan runs.</summary>
    public required RestoredAddressSpace AddressSpace { get; init; }

    public required DescriptorLayout Layout { get; init; }

    /// <summary>Told of long work; may be null.</summary>
    public IProgress<ProgressStep>? Progress { get; init; }

    /// <summary>Those that are alive, in the order in which they are created: the root first.</summary>
    public List<RestoreContext> Processes { get; } = [];

    public RestoreContext Root => Processes[0];

    /// <summary>What the root runs first, still alone: it opens every description of the tree and keeps it, see <see cref="DescriptorLayout"/>.</summary>
    public SyscallProgram Opening { get; } = new("open files");

    /// <summary>The root's descriptor table as it stands at the current end of <see cref="Opening"/>.</summary>
    public DescriptorTable Descriptors => field ??= new DescriptorTable(Layout);

    /// <summary>How the processes come into being, one step after another.</summary>
    public List<CreationStep> Creation { get; } = [];

    /// <summary>Some thread gets seccomp filters, which must not decide over the rest of the plan.</summary>
    public bool SuspendSeccomp { get; set; }

    /// <summary>Remarks for the user: what differs, and why that is right.</summary>
    public List<string> Notes { get; } = [];

    public IEnumerable<Refusal> Refusals => Processes.SelectMany(process => process.Refusals.Items);

    /// <summary>What slices keep for the tree as a whole, by type.</summary>
    public StateBag State { get; } = new();
}
