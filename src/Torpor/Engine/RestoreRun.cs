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
        TreeImages images = TreeImagesFiles.Load(input);
        uint root = images.Processes[0].Pid;
        Rung rung = Rung.Choose(options.Placement, root);
        if (!rung.PrivateNamespaces && !options.ExplainOnly)
            PidCheck.ThrowIfTaken(images.Processes.SelectMany(process => process.Cores.Keys));
        StubLayout layout = FindLayout(images);
        RestoreTree tree = CreateTree(input, images, rung, layout);
        Compile(tree);
        RestorePlan plan = RestorePlan.Lay(tree, layout);
        if (options.ExplainOnly)
            return RestoredProcess.Explained(Report(tree, default) with { Plan = plan.Explain() });
        using RestoreSession session = RestoreSession.Start(CreateSession(tree, rung, layout), plan.Length);
        cancellation.ThrowIfCancellationRequested();
        plan.Run(session);
        cancellation.ThrowIfCancellationRequested();
        // The others that are stopped are so already.
        HashSet<uint> stopped = [.. images.Processes.Where(process => process.IsAboutToStop || (process.IsStopped && process.Pid == root)).Select(process => process.Pid)];
        Pid pid = session.Commit(process => options.LeaveStopped || stopped.Contains(process.Leader.InnerPid), p => PidFile.Write(options.PidFile, p));
        logger.LogDebug("restored {Processes} processes, process {Inner} as {Pid}, in {Elapsed}", images.Processes.Count, root, pid, _total.Elapsed);
        foreach (Fd fd in tree.Layout.Passed)
            fd.Dispose();
        return RestoredProcess.Running(Report(tree, pid), pid);
    }

    /// <summary>A hole that no process of the tree has anything in.</summary>
    private static StubLayout FindLayout(TreeImages images)
    {
        KernelMappings own = KernelMappings.Read(new Pid(Environment.ProcessId));
        return StubLayout.Find(images.Processes.SelectMany(process => process.Mm.Vmas).Select(v => (v.Start, v.End)).OrderBy(v => v.Start), own);
    }

    private RestoreTree CreateTree(ImageDirectoryReader input, TreeImages images, Rung rung, StubLayout layout)
    {
        using var memory = new RemoteMemory(new Pid(Environment.ProcessId));
        var tree = new RestoreTree
        {
            Images = images,
            Input = input,
            Options = options,
            Privilege = rung.Privilege,
            Progress = progress,
            Layout = DescriptorLayout.For(images, input.Names().Count),
            AddressSpace = new RestoredAddressSpace(
                layout.Parked,
                layout.Vdso.Length,
                [.. layout.Vdso.Parts.Select(p => (p.Name, p.Start - layout.Vdso.Start, p.Length))],
                layout.Vdso.ReadVdso(memory),
                [(layout.Start, layout.Limit - layout.Start)]),
        };
        foreach (ProcessImages process in images.Processes.Where(process => !process.IsDead))
        {
            tree.Processes.Add(new RestoreContext
            {
                Tree = tree,
                Images = process,
                Refusals = new RefusalList($"{process.Pid} ({process.LeaderCore.Tc?.Comm})"),
                Threads = [.. process.Cores.OrderBy(c => c.Key != process.Pid).Select(c => new RestoredThread(c.Key, c.Value))],
            });
        }
        return tree;
    }

    private void Compile(RestoreTree tree)
    {
        foreach (ISlice slice in _slices)
        {
            cancellation.ThrowIfCancellationRequested();
            slice.Compile(tree);
        }
        CheckpointRun.ThrowRefusals(tree.Refusals, tree.Root.Refusals.Process, "can't be restored");
        IReadOnlyList<string> unread = tree.Input.Unread();
        if (unread.Count > 0)
            throw new TorporException(FailureKind.Refused, $"the images hold what nothing here restores: {string.Join(", ", unread)}", "restore with the tool that wrote the images");
    }

    private static SessionOptions CreateSession(RestoreTree tree, Rung rung, StubLayout layout) => new()
    {
        Layout = layout,
        InnerPid = tree.Root.Images.Pid,
        PrivateNamespaces = rung.PrivateNamespaces,
        PrivateTerminals = rung.PrivateNamespaces && tree.Images.Terminals.Exists(info => info.TorporOwn),
        UserNamespace = rung.UserNamespace,
        Uid = rung.Uid,
        Gid = rung.Gid,
        Capabilities = rung.Capabilities,
        Passed = tree.Layout.Passed,
        PassBase = tree.Layout.PassBase,
        SuspendSeccomp = tree.SuspendSeccomp,
        Clocks = CaptureClocks.FromImage(tree.Images.TimeNamespace),
    };

    private RestoreReport Report(RestoreTree tree, Pid pid) => new()
    {
        Pid = pid.Value,
        InnerPid = (int)tree.Root.Images.Pid,
        PrivateNamespace = tree.Privilege.PrivateNamespaces,
        Processes = tree.Images.Processes.Count,
        Threads = tree.Processes.Sum(process => process.Threads.Count),
        PagesRestored = tree.State.GetOrAdd<RestoreFigures>().PagesRestored,
        TotalTime = _total.Elapsed,
        Notes = tree.Notes,
    };
}
