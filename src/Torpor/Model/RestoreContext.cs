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


/// <summary>What slices share while images are compiled into a plan.</summary>
public sealed class RestoreContext
{
    public required ProcessImages Images { get; init; }

    public required ImageDirectoryReader Input { get; init; }

    public required RestoreOptions Options { get; init; }

    public required RestorePrivilege Privilege { get; init; }

    public required RefusalList Refusals { get; init; }

    /// <summary>What the leader runs alone, before the other threads exist: files first, then memory.</summary>
    public SyscallProgram Process { get; } = new("process");

    /// <summary>The leader is first.</summary>
    public required IReadOnlyList<RestoredThread> Threads { get; init; }

    public RestoredThread Leader => Threads[0];

    /// <summary>The descriptor table as it stands at the current end of <see cref="Process"/>.</summary>
    public required DescriptorTable Descriptors { get; init; }

    /// <summary>What the address space holds before the plan runs.</summary>
    public required RestoredAddressSpace AddressSpace { get; init; }

    /// <summary>Told of long work; may be null.</summary>
    public IProgress<ProgressStep>? Progress { get; init; }

    /// <summary>Remarks for the user: what differs, and why that is right.</summary>
    public List<string> Notes { get; } = [];

    public StateBag State { get; } = new();
}

/// <summary>What the restored task may do while its plan runs.</summary>
/// <param name="PrivateNamespaces">It lives in a user and pid namespace of its own and holds every capability in it.</param>
/// <param name="CheckpointRestore">It may use what CAP_CHECKPOINT_RESTORE permits in its user namespace.</param>
/// <param name="Root">It holds the capabilities of the host's root.</param>
public sealed record RestorePrivilege(bool PrivateNamespaces, bool CheckpointRestore, bool Root);
