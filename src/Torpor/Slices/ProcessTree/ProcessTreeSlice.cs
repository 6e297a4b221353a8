using Torpor.Linux;
using Torpor.Linux.ProcFs;
using Torpor.Model;

namespace Torpor.Slices.ProcessTree;

/// <summary>The process's ids, session and group, as it sees them itself. One process; its threads are named in pstree.img.</summary>
internal sealed class ProcessTreeSlice : ISlice
{
    public string Name => "process tree";

    public void Inspect(CaptureContext context)
    {
        foreach (CapturedThread thread in context.Threads)
        {
            foreach (string child in thread.Proc.ReadText("children").Split(' ', StringSplitOptions.RemoveEmptyEntries))
                context.Refusals.Add($"child process {child.Trim()}", "is part of a process tree, and only single processes are supported yet", "checkpoint the child on its own");
        }
    }

    public void Capture(CaptureContext context)
    {
        ProcStatus status = context.Proc.Status();
        context.Images.Process.Pid = context.InnerPid;
        context.Images.Process.Ppid = 0;
        context.Images.Process.Pgid = Innermost(status.NSpgid, context.Proc.Stat().Pgrp);
        context.Images.Process.Sid = Innermost(status.NSsid, context.Proc.Stat().Session);
        foreach (CapturedThread thread in context.Threads)
        {
            context.Images.Process.Threads.Add(thread.InnerTid);
            context.Images.Cores[thread.InnerTid] = thread.Core;
        }
        context.Leader.Core.Tc ??= new();
        context.Leader.Core.Tc.TaskState = context.WasStopped ? ProcessImages.TaskStopped : ProcessImages.TaskAlive;
        context.Leader.Core.Tc.ExitCode = 0;
    }

    public void Compile(RestoreContext context)
    {
        uint pid = context.Images.Process.Pid;
        if (context.Images.Process.Sid == pid)
            context.Process.Call("start a session", SyscallNumber.setsid);
        else if (context.Images.Process.Pgid == pid)
            context.Process.Call("start a process group", SyscallNumber.setpgid, 0, 0);
    }

    private static uint Innermost(IReadOnlyList<int> ids, int own) => (uint)(ids.Count > 0 ? ids[^1] : own);
}
