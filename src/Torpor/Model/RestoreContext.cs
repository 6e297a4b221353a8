using Torpor.Images;
using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Tracing;

namespace Torpor.Model;

/// <summary>One thread to bring back.</summary>
public sealed class RestoredThread(uint innerTid, CoreEntry core)
{
    /// <summary>As the thread sees itself: clone3's set_tid.</summary>
    public uint InnerTid { get; } = innerTid;

    public CoreEntry Core { get; } = core;

    /// <summary>
    /// What the thread runs itself once all threads exist, the leader included, at the same time as the others: it must
    /// open no descriptor and map no memory.
    /// </summary>
    public SyscallProgram Program { get; } = new($"thread {innerTid}");

    /// <summary>The processor state to go on with, set at the very end.</summary>
    public ProcessorState? State { get; set; }
}

/// <summary>What a thread goes on with.</summary>
/// <param name="Registers">General registers.</param>
/// <param name="XState">Makes the FPU and vector registers from the fresh task's own xsave area, whose length and mask of features are this processor's; throws when they do not fit.</param>
/// <param name="SignalMask">The blocked signals.</param>
public sealed record ProcessorState(Registers Registers, Func<byte[], byte[]> XState, ulong SignalMask);

/// <summary>What slices share while the images of one process are compiled into its part of a plan.</summary>
public sealed class RestoreContext
{
    /// <summary>The tree that the process is a part of.</summary>
    public required RestoreTree Tree { get; init; }

    public required ProcessImages Images { get; init; }

    public required RefusalList Refusals { get; init; }

    /// <summary>The leader is first.</summary>
    public required IReadOnlyList<RestoredThread> Threads { get; init; }

    public RestoredThread Leader => Threads[0];

    /// <summary>The process of whose memory and descriptors it starts with a copy; null for the root.</summary>
    public RestoreContext? Creator { get; set; }

    /// <summary>The process with which it shares its memory, which builds it for both; null when it has its own.</summary>
    public RestoreContext? MemoryOwner { get; set; }

    /// <summary>The process with which it shares its descriptor table; null when it has its own.</summary>
    public RestoreContext? DescriptorsOwner { get; set; }

    /// <summary>The process with which it shares working directory, root and umask; null when it has its own.</summary>
    public RestoreContext? FsOwner { get; set; }

    /// <summary>What the leader runs before its children are cloned: it builds the memory, of which they get copies.</summary>
    public SyscallProgram Memory { get; } = new("memory");

    /// <summary>The descriptor table as it stands at the current end of <see cref="Memory"/>, without what is kept for all processes.</summary>
    public DescriptorTable MemoryDescriptors => field ??= new DescriptorTable(Tree.Layout);

    /// <summary>What the leader runs alone once every process of the tree exists, and before the other threads do.</summary>
    public SyscallProgram Process { get; } = new("process");

    /// <summary>The descriptor table as it stands at the current end of <see cref="Process"/>.</summary>
    public DescriptorTable Descriptors => field ??= DescriptorsOwner?.Descriptors ?? new DescriptorTable(Tree.Layout);

    public ImageDirectoryReader Input => Tree.Input;

    public RestoreOptions Options => Tree.Options;

    public RestorePrivilege Privilege => Tree.Privilege;

    /// <summary>What the address space holds before the root's plan runs; what is reserved is so in every process.</summary>
    public RestoredAddressSpace AddressSpace => Tree.AddressSpace;

    /// <summary>Told of long work; may be null.</summary>
    public IProgress<ProgressStep>? Progress => Tree.Progress;

    /// <summary>Remarks for the user: what differs, and why that is right.</summary>
    public List<string> Notes => Tree.Notes;

    /// <summary>What slices keep about this process, by type.</summary>
    public StateBag State { get; } = new();
}

/// <summary>What the restored task may do while its plan runs.</summary>
/// <param name="PrivateNamespaces">It lives in a user and pid namespace of its own and holds every capability in it.</param>
/// <param name="CheckpointRestore">It may use what CAP_CHECKPOINT_RESTORE permits in its user namespace.</param>
/// <param name="Root">It holds the capabilities of the host's root.</param>
public sealed record RestorePrivilege(bool PrivateNamespaces, bool CheckpointRestore, bool Root);
