using Torpor.Images;
using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Linux.ProcFs;
using Torpor.Tracing;

namespace Torpor.Model;

/// <summary>One stopped thread of the target.</summary>
public sealed class CapturedThread(ThreadSnapshot snapshot, ProcTask proc)
{
    /// <summary>As the tool sees it.</summary>
    public Tid Tid => Snapshot.Tracee.Tid;

    /// <summary>As the thread sees it itself, in its own pid namespace: what images hold.</summary>
    public uint InnerTid => Snapshot.InnerTid;

    public Tracee Tracee => Snapshot.Tracee;

    /// <summary>Its registers and mask as they were when it was stopped.</summary>
    public ThreadSnapshot Snapshot { get; } = snapshot;

    public ProcTask Proc { get; } = proc;

    public CoreEntry Core { get; } = new();

    /// <summary>System calls for this thread to run, filled by <see cref="ISlice.Ask"/>. They may only read state.</summary>
    public SyscallProgram Query { get; } = new($"query {snapshot.InnerTid}");

    /// <summary>The answers to <see cref="Query"/>; present from <see cref="ISlice.Capture"/> on.</summary>
    public ProgramResult? Answers { get; set; }
}

/// <summary>What slices share while one process is captured.</summary>
public sealed class CaptureContext
{
    /// <summary>The tree that the process is a part of.</summary>
    public required CaptureTree Tree { get; init; }

    public required Pid Pid { get; init; }

    /// <summary>As the tool sees it; zero for the root.</summary>
    public Pid Parent { get; init; }

    /// <summary>The pid as the process sees it itself.</summary>
    public required uint InnerPid { get; init; }

    public required ProcTask Proc { get; init; }

    /// <summary>A pidfd of the target, for pidfd_getfd(2).</summary>
    public required Fd PidFd { get; init; }

    /// <summary>The descriptor table with what /proc tells of each description: read once, for it stands still with the process.</summary>
    public IReadOnlyList<(RemoteFd Fd, FdInfo Info)> Descriptors => field ??= [.. Proc.Descriptors().Select(fd => (fd, Proc.FdInfo(fd)))];

    /// <summary>The leader is first.</summary>
    public required IReadOnlyList<CapturedThread> Threads { get; init; }

    public CapturedThread Leader => Threads[0];

    public required RemoteMemory Memory { get; init; }

    /// <summary>The process was stopped by job control before it was frozen.</summary>
    public required bool WasStopped { get; init; }

    /// <summary>A SIGSTOP is on its way to the process, or came while its threads ran what they were asked.</summary>
    public bool StopPending { get; set; }

    public required RefusalList Refusals { get; init; }

    public required ProcessImages Images { get; init; }

    public CheckpointOptions Options => Tree.Options;

    public ImageDirectoryWriter Output => Tree.Output;

    /// <summary>Remarks for the user: what differs, and why that is right.</summary>
    public List<string> Notes => Tree.Notes;

    /// <summary>Told of long work; may be null.</summary>
    public IProgress<ProgressStep>? Progress => Tree.Progress;

    /// <summary>Results that one slice leaves for itself between its phases about this process, by type.</summary>
    public StateBag State { get; } = new();
}
