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
        using FrozenProcess frozen = Freeze(pid, status);
        TimeSpan freezing = _total.Elapsed;
        logger.LogDebug("froze {Threads} threads of process {Pid} in {Elapsed}", frozen.Threads.Count, pid, freezing);
        try
        {
            CaptureContext context = Capture(frozen, status, output);
            output.Commit();
            Finish(frozen);
            return Report(context, freezing);
        }
        catch (TaskEndedException e)
        {
            throw new TorporException(FailureKind.ProcessExited, $"process {pid} ({status.Name}) ended during the checkpoint: {e.Message}", "no images were written", e);
        }
    }

    private FrozenProcess Freeze(Pid pid, ProcStatus status)
    {
        try
        {
            return FrozenProcess.Freeze(pid);
        }
        catch (LinuxException e) when (e.Errno == Errno.EPERM)
        {
            throw TargetProcess.NotPermitted($"process {pid} ({status.Name})", status);
        }
        catch (LinuxException e) when (e.Errno == Errno.ESRCH)
        {
            throw new TorporException(FailureKind.ProcessExited, $"process {pid} ({status.Name}) exited before it could be frozen");
        }
    }

    private CaptureContext Capture(FrozenProcess frozen, ProcStatus status, ImageDirectoryWriter output)
    {
        var memory = new RemoteMemory(frozen.Pid);
        using Fd pidFd = PidFdCalls.Open(frozen.Pid);
        List<CapturedThread> threads = [.. frozen.Threads.Select(t => Snapshot(frozen.Pid, t, memory))];
        var context = new CaptureContext
        {
            Pid = frozen.Pid,
            InnerPid = (uint)status.InnerPid,
            Proc = new ProcTask(frozen.Pid),
            PidFd = pidFd,
            Threads = threads,
            Memory = memory,
            WasStopped = frozen.WasStopped,
            Options = options,
            Output = output,
            Refusals = new RefusalList($"{frozen.Pid} ({status.Name})"),
            Progress = progress,
        };
        CaptureClocks.Describe(context);
        ForEach(slice => slice.Inspect(context));
        ThrowRefusals(context.Refusals, "can't be checkpointed");
        ForEach(slice => slice.Ask(context));
        Inject(frozen, context);
        // Ordering: right behind the target's own calls, because timers that they told of may expire from then on.
        PendingQueues.Of(context);
        ForEach(slice => slice.Capture(context));
        ThrowRefusals(context.Refusals, "can't be checkpointed");
        ProcessImagesFiles.Save(context.Images, output);
        memory.Dispose();
        return context;
    }

    private static CapturedThread Snapshot(Pid pid, Tracee tracee, RemoteMemory memory)
    {
        var proc = new ProcTask(pid, tracee.Tid);
        return new CapturedThread(ThreadSnapshot.Take(tracee, (uint)proc.Status().InnerTid, memory), proc);
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
        logger.LogDebug("ran {Calls} system calls in the target", threads.Sum(t => t.Program.Steps.Count));
    }

    private void ForEach(Action<ISlice> phase)
    {
        foreach (ISlice slice in _slices)
        {
            cancellation.ThrowIfCancellationRequested();
            phase(slice);
        }
    }

    internal static void ThrowRefusals(RefusalList refusals, string verb)
    {
        if (refusals.Items.Count == 0)
            return;
        throw new TorporException(FailureKind.Refused, $"process {refusals.Process} {verb}: {refusals.Items.Count} object(s) in the way")
        {
            Details = [.. refusals.Items.Select(r => r.ToString())],
        };
    }

    private void Finish(FrozenProcess frozen)
    {
        if (options.LeaveRunning || options.LeaveStopped)
            frozen.Release(options.LeaveStopped);
        else
            frozen.Kill();
    }

    private CheckpointReport Report(CaptureContext context, TimeSpan freezing)
    {
        CaptureFigures figures = context.State.GetOrAdd<CaptureFigures>();
        return new CheckpointReport
        {
            Pid = options.Pid,
            Command = context.Leader.Core.Tc?.Comm ?? "",
            Threads = context.Threads.Count,
            Mappings = context.Images.Mm.Vmas.Count,
            Descriptors = context.Images.Descriptors.Count,
            PagesScanned = figures.PagesScanned,
            PagesWritten = figures.PagesWritten,
            FreezingTime = freezing,
            FrozenTime = _total.Elapsed - freezing,
            TotalTime = _total.Elapsed,
            Notes = context.Notes,
        };
    }
}
