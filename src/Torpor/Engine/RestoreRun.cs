using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Torpor.Images;
using Torpor.Linux;
using Torpor.Model;
using Torpor.Tracing;

namespace Torpor.Engine;

/// <summary>One restore: load, compile, start, run the plan, commit.</summary>
internal sealed class RestoreRun(RestoreOptions options, ILogger logger, IProgress<ProgressStep>? progress, CancellationToken cancellation)
{
    private readonly Stopwatch _total = Stopwatch.StartNew();
    private readonly IReadOnlyList<ISlice> _slices = SliceTable.Create();

    public RestoredProcess Run()
    {
        using ImageDirectoryReader input = ImageDirectoryReader.Open(options.Directory);
        ProcessImages images = ProcessImagesFiles.Load(input);
        Rung rung = Rung.Choose(options.Placement, images.Process.Pid);
        if (!rung.PrivateNamespaces && !options.ExplainOnly)
            PidCheck.ThrowIfTaken(images.Cores.Keys);
        StubLayout layout = FindLayout(images);
        RestoreContext context = CreateContext(input, images, rung, layout);
        Compile(context);
        RestorePlan plan = RestorePlan.Lay(context, layout);
        if (options.ExplainOnly)
            return RestoredProcess.Explained(Report(context, default) with { Plan = plan.Explain() });
        using RestoreSession session = RestoreSession.Start(CreateSession(context, rung, layout), plan.Length);
        cancellation.ThrowIfCancellationRequested();
        plan.Run(session);
        cancellation.ThrowIfCancellationRequested();
        Pid pid = session.Commit(context.Images.LeaderCore.Tc?.TaskState == ProcessImages.TaskStopped || options.LeaveStopped, p => PidFile.Write(options.PidFile, p));
        logger.LogDebug("restored process {Inner} as {Pid} in {Elapsed}", images.Process.Pid, pid, _total.Elapsed);
        foreach (Fd fd in context.Descriptors.Passed)
            fd.Dispose();
        return RestoredProcess.Running(Report(context, pid), pid);
    }

    private static StubLayout FindLayout(ProcessImages images)
    {
        KernelMappings own = KernelMappings.Read(new Pid(Environment.ProcessId));
        return StubLayout.Find(images.Mm.Vmas.Select(v => (v.Start, v.End)).OrderBy(v => v.Start), own);
    }

    private RestoreContext CreateContext(ImageDirectoryReader input, ProcessImages images, Rung rung, StubLayout layout)
    {
        var own = new Pid(Environment.ProcessId);
        using var memory = new RemoteMemory(own);
        uint leader = images.Process.Pid;
        return new RestoreContext
        {
            Images = images,
            Input = input,
            Options = options,
            Privilege = rung.Privilege,
            Progress = progress,
            Refusals = new RefusalList($"{leader} ({images.LeaderCore.Tc?.Comm})"),
            Threads = [.. images.Cores.OrderBy(c => c.Key != leader).Select(c => new RestoredThread(c.Key, c.Value))],
            Descriptors = DescriptorTable.For(images),
            AddressSpace = new RestoredAddressSpace(
                layout.Parked,
                layout.Vdso.Length,
                [.. layout.Vdso.Parts.Select(p => (p.Name, p.Start - layout.Vdso.Start, p.Length))],
                layout.Vdso.ReadVdso(memory),
                [(layout.Start, layout.Limit - layout.Start)]),
        };
    }

    private void Compile(RestoreContext context)
    {
        foreach (ISlice slice in _slices)
        {
            cancellation.ThrowIfCancellationRequested();
            slice.Compile(context);
        }
        CheckpointRun.ThrowRefusals(context.Refusals, "can't be restored");
        IReadOnlyList<string> unread = context.Input.Unread();
        if (unread.Count > 0)
            throw new TorporException(FailureKind.Refused, $"the images hold what nothing here restores: {string.Join(", ", unread)}", "restore with the tool that wrote the images");
    }

    private static SessionOptions CreateSession(RestoreContext context, Rung rung, StubLayout layout) => new()
    {
        Layout = layout,
        InnerPid = context.Images.Process.Pid,
        PrivateNamespaces = rung.PrivateNamespaces,
        UserNamespace = rung.UserNamespace,
        Uid = rung.Uid,
        Gid = rung.Gid,
        Capabilities = rung.Capabilities,
        Passed = context.Descriptors.Passed,
        PassBase = context.Descriptors.PassBase,
        Clocks = CaptureClocks.FromImage(context.Images.TimeNamespace),
    };

    private RestoreReport Report(RestoreContext context, Pid pid) => new()
    {
        Pid = pid.Value,
        InnerPid = (int)context.Images.Process.Pid,
        PrivateNamespace = context.Privilege.PrivateNamespaces,
        Threads = context.Threads.Count,
        PagesRestored = context.State.GetOrAdd<RestoreFigures>().PagesRestored,
        TotalTime = _total.Elapsed,
        Notes = context.Notes,
    };
}
