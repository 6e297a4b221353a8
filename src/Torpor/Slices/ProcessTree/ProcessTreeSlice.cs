using Torpor.Images.Messages;
using Torpor.Linux.ProcFs;
using Torpor.Model;

namespace Torpor.Slices.ProcessTree;

/// <summary>Who is whose child, sessions, process groups, what processes share, and processes that have ended.</summary>
internal sealed class ProcessTreeSlice : ISlice
{
    private static readonly (string Link, string Name)[] s_namespaces =
    [
        ("ns/pid", "pid"), ("ns/pid_for_children", "pid (for its children)"), ("ns/user", "user"), ("ns/mnt", "mount"), ("ns/net", "network"),
        ("ns/uts", "UTS"), ("ns/ipc", "IPC"), ("ns/cgroup", "cgroup"), ("ns/time", "time"),
    ];

    public string Name => "process tree";

    public void Inspect(CaptureTree tree)
    {
        if (tree.Processes.Count == 1)
            return;
        string?[] root = [.. s_namespaces.Select(item => tree.Root.Proc.TryReadLink(item.Link))];
        foreach (CaptureContext process in tree.Processes.Skip(1))
        {
            for (int i = 0; i < s_namespaces.Length; i++)
            {
                if (process.Proc.TryReadLink(s_namespaces[i].Link) != root[i])
                    process.Refusals.Add($"{s_namespaces[i].Name} namespace", $"is another than that of the tree's root, {tree.Root.Pid}", "checkpoint the process on its own");
            }
        }
    }

    public void Ask(CaptureContext context) => StopReports.Ask(context);

    public void Capture(CaptureTree tree)
    {
        KernelObjects objects = KernelObjects.Of(tree);
        foreach (CaptureContext process in tree.Processes)
        {
            ProcStat stat = process.Proc.Stat();
            FillProcess(process.Images.Process, process.Proc.Status(), stat, tree.Find(process.Parent)?.InnerPid ?? 0);
            foreach (CapturedThread thread in process.Threads)
            {
                process.Images.Process.Threads.Add(thread.InnerTid);
                process.Images.Cores[thread.InnerTid] = thread.Core;
            }
            TaskCoreEntry core = process.Leader.Core.Tc ??= new();
            core.TaskState = process.WasStopped ? ProcessImages.TaskStopped : ProcessImages.TaskAlive;
            core.ExitCode = 0;
            StopReports.Capture(process, core);
            SetExitSignal(core, stat);
            process.Images.Ids = objects.IdsOf(process);
        }
        foreach (CapturedZombie zombie in tree.Zombies)
            ZombieImage.Add(tree, zombie);
        TreeDescription.Describe(tree.Images, tree.Root.Images.Ids);
    }

    /// <summary>A process that ended has its ids and its exit signal, too.</summary>
    internal static void FillProcess(PstreeEntry entry, ProcStatus status, ProcStat stat, uint parent)
    {
        entry.Pid = (uint)status.InnerPid;
        entry.Ppid = parent;
        entry.Pgid = Innermost(status.NSpgid, stat.Pgrp);
        entry.Sid = Innermost(status.NSsid, stat.Session);
    }

    internal static void SetExitSignal(TaskCoreEntry core, ProcStat stat)
    {
        if (stat.ExitSignal != CreationPlan.SIGCHLD)
            core.TorporExitSignal = stat.ExitSignal;
    }

    private static uint Innermost(IReadOnlyList<int> ids, int own) => (uint)(ids.Count > 0 ? ids[^1] : own);

    public void Compile(RestoreTree tree)
    {
        var plan = new CreationPlan(tree.Images.Processes, tree.Processes, tree.Privilege.Root,
            id => !tree.Privilege.PrivateNamespaces && PidCheck.IsTaken(id));
        tree.Creation.AddRange(plan.Compile());
    }
}
