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
        foreach (CaptureContext process in tree.Processes.Skip(1))
        {
            foreach ((string link, string name) in s_namespaces)
            {
                if (LinkOf(process, link) != LinkOf(tree.Root, link))
                    process.Refusals.Add($"{name} namespace", $"is another than that of the tree's root, {tree.Root.Pid}", "checkpoint the process on its own");
            }
        }
        KernelObjects.Of(tree);
    }

    /// <summary>What has no child yet shows no pid namespace for children.</summary>
    private static string? LinkOf(CaptureContext process, string link)
    {
        if (!process.Proc.Exists(link))
            return null;
        try
        {
            return process.Proc.ReadLink(link);
        }
        catch (Linux.LinuxException)
        {
            return null;
        }
    }

    public void Capture(CaptureTree tree)
    {
        KernelObjects objects = KernelObjects.Of(tree);
        foreach (CaptureContext process in tree.Processes)
        {
            FillProcess(process.Images.Process, process.Proc, process.Tree.Find(process.Parent)?.InnerPid ?? 0);
            foreach (CapturedThread thread in process.Threads)
            {
                process.Images.Process.Threads.Add(thread.InnerTid);
                process.Images.Cores[thread.InnerTid] = thread.Core;
            }
            TaskCoreEntry core = process.Leader.Core.Tc ??= new();
            core.TaskState = process.WasStopped ? ProcessImages.TaskStopped : ProcessImages.TaskAlive;
            core.ExitCode = 0;
            SetExitSignal(core, process.Proc.Stat());
            process.Images.Ids = objects.IdsOf(process);
        }
        foreach (CapturedZombie zombie in tree.Zombies)
            ZombieImage.Add(tree, zombie);
        TreeDescription.Describe(tree.Images, tree.Root.Images.Ids);
    }

    /// <summary>A process that ended has its ids and its exit signal, too.</summary>
    internal static void FillProcess(PstreeEntry entry, ProcTask proc, uint parent)
    {
        ProcStatus status = proc.Status();
        ProcStat stat = proc.Stat();
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
        var plan = new CreationPlan(tree.Images.Processes, tree.Processes, tree.Privilege.Root);
        tree.Creation.AddRange(plan.Compile());
    }
}
