using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Torpor.Images;
using Torpor.Linux;
using Torpor.Linux.ProcFs;
using Torpor.Model;
using Torpor.Tracing;

namespace Torpor.Engine;

/// <summary>One checkpoint: freeze, inspect, ask, capture, save, and let go or kill.</summary>
internal sealed class CheckpointRun(CheckpointOptions options, ILogger logger, IProgress<ProgressStep>? progress, CancellationToken cancellation)
{
    private readonly Stopwatch _total = Stopwatch.StartNew();
    private readonly IReadOnlyList<ISlice> _slices = SliceTable.Create();

    public CheckpointReport Run()
    {
        var pid = new Pid(options.Pid);
        ProcStatus status = TargetProcess.Examine(pid);
        using ImageDirectoryWriter output = ImageDirectoryWriter.Create(options.Directory, options.Overwrite);
        using FrozenTree frozen = Freeze(pid);
        TimeSpan freezing = _total.Elapsed;
        logger.LogDebug("froze {Processes} processes with {Threads} threads, process {Pid} first, in {Elapsed}",
            frozen.Processes.Count, frozen.Processes.Sum(process => process.Threads.Count), pid, freezing);
        List<IDisposable> opened = [];
        try
        {
            CaptureTree tree = CreateTree(frozen, output, opened);
            Capture(frozen, tree);
            output.Commit();
            Finish(frozen, tree);
            return Report(tree, freezing);
        }
        catch (TaskEndedException e)
        {
            throw new TorporException(FailureKind.ProcessExited, $"process {pid} ({status.Name}) ended during the checkpoint: {e.Message}", "no images were written", e);
        }
        finally
        {
            foreach (IDisposable item in opened)
                item.Dispose();
        }
    }

    private static FrozenTree Freeze(Pid root)
    {
        try
        {
            return FrozenTree.Freeze(root, pid => TargetProcess.Examine(pid));
        }
        catch (FreezeException e)
        {
            throw TargetProcess.NotFrozen(e);
        }
    }

    private CaptureTree CreateTree(FrozenTree frozen, ImageDirectoryWriter output, List<IDisposable> opened)
    {
        var tree = new CaptureTree { Options = options, Output = output, Progress = progress };
        foreach (FrozenProcess process in frozen.Processes)
            tree.Processes.Add(CreateContext(tree, frozen, process, opened));
        foreach (Pid zombie in frozen.Zombies)
            tree.Zombies.Add(new CapturedZombie(zombie, frozen.ParentOf(zombie), new ProcTask(zombie)));
        return tree;
    }

    private static CaptureContext CreateContext(CaptureTree tree, FrozenTree frozen, FrozenProcess process, List<IDisposable> opened)
    {
        Pid pid = process.Pid;
        var memory = new RemoteMemory(pid);
        opened.Add(memory);
        Fd pidFd = PidFdCalls.Open(pid);
        opened.Add(pidFd);
        var proc = new ProcTask(pid);
        ProcStatus status = proc.Status();
        if (process.Threads[0].Tid != pid.Leader)
            throw new TorporException(FailureKind.Refused, $"process {pid} ({status.Name}) goes on in other threads than its first, which has ended", "such processes are not supported yet");
        return new CaptureContext
        {
            Tree = tree,
            Pid = pid,
            Parent = tree.Processes.Count == 0 ? default : frozen.ParentOf(pid),
            InnerPid = (uint)status.InnerPid,
            Proc = proc,
            PidFd = pidFd,
            Threads = [.. process.Threads.Select(thread => Snapshot(pid, thread, memory))],
            Memory = memory,
            WasStopped = process.WasStopped,
            Refusals = new RefusalList($"{pid} ({status.Name})"),
            Images = new ProcessImages(tree.Images),
        };
    }

    private static CapturedThread Snapshot(Pid pid, Tracee tracee, RemoteMemory memory)
    {
        var proc = new ProcTask(pid, tracee.Tid);
        return new CapturedThread(ThreadSnapshot.Take(tracee, (uint)proc.Status().InnerTid, memory), proc);
    }

    private void Capture(FrozenTree frozen, CaptureTree tree)
    {
        CaptureClocks.Describe(tree.Root);
        ForEach(slice => slice.Inspect(tree));
        ThrowRefusals(tree.Refusals, tree.Root.Refusals.Process, "can't be checkpointed");
        foreach (CaptureContext process in tree.Processes)
            ForEach(slice => slice.Ask(process));
        for (int i = 0; i < tree.Processes.Count; i++)
        {
            Inject(frozen.Processes[i], tree.Processes[i]);
            // Ordering: right behind the process's own calls, because timers that they told of may expire from then on.
            PendingQueues.Of(tree.Processes[i]);
        }
        ForEach(slice => slice.Capture(tree));
        ThrowRefusals(tree.Refusals, tree.Root.Refusals.Process, "can't be checkpointed");
        TreeImagesFiles.Save(tree.Images, tree.Output);
    }

    private void Inject(FrozenProcess frozen, CaptureContext context)
    {
        ProcStatus leader = context.Proc.Status();
        List<InjectedThread> threads = [];
        foreach (CapturedThread thread in context.Threads)
        {
            ulong pending = thread.Proc.Status().SigPnd | leader.ShdPnd;
            threads.Add(new InjectedThread(thread.Snapshot, thread.Query, leader.SigCgt, leader.SigIgn, pending));
        }
        var injection = new Injection(frozen, context.Memory, context.InnerPid);
        IReadOnlyList<ProgramResult> results = injection.Run(threads, context.Proc.Smaps());
        for (int i = 0; i < results.Count; i++)
            context.Threads[i].Answers = results[i];
        context.StopPending |= frozen.StopDeferred;
        logger.LogDebug("ran {Calls} system calls in process {Pid}", threads.Sum(t => t.Program.Steps.Count), context.Pid);
    }

    private void ForEach(Action<ISlice> phase)
    {
        foreach (ISlice slice in _slices)
        {
            cancellation.ThrowIfCancellationRequested();
            phase(slice);
        }
    }

    internal static void ThrowRefusals(IEnumerable<Refusal> refusals, string process, string verb)
    {
        List<Refusal> all = [.. refusals];
        if (all.Count == 0)
            return;
        throw new TorporException(FailureKind.Refused, $"process {process} {verb}: {all.Count} object(s) in the way")
        {
            Details = [.. all.Select(r => r.ToString())],
        };
    }

    private void Finish(FrozenTree frozen, CaptureTree tree)
    {
        if (options.LeaveRunning || options.LeaveStopped)
        {
            frozen.Release(options.LeaveStopped);
            return;
        }
        foreach (Action action in tree.BeforeKill)
            action();
        frozen.Kill();
    }

    private CheckpointReport Report(CaptureTree tree, TimeSpan freezing)
    {
        CaptureFigures figures = tree.State.GetOrAdd<CaptureFigures>();
        return new CheckpointReport
        {
            Pid = options.Pid,
            Command = tree.Root.Leader.Core.Tc?.Comm ?? "",
            Processes = tree.Images.Processes.Count,
            Threads = tree.Processes.Sum(process => process.Threads.Count),
            Mappings = tree.Processes.Sum(process => process.Images.Mm.Vmas.Count),
            Descriptors = tree.Processes.Sum(process => process.Images.Descriptors.Count),
            PagesScanned = figures.PagesScanned,
            PagesWritten = figures.PagesWritten,
            FreezingTime = freezing,
            FrozenTime = _total.Elapsed - freezing,
            TotalTime = _total.Elapsed,
            Notes = tree.Notes,
        };
    }
}
