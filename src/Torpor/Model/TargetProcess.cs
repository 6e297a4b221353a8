using Torpor.Linux;
using Torpor.Linux.ProcFs;
using Torpor.Tracing;

namespace Torpor.Model;

/// <summary>The process to checkpoint as a first look from outside shows it, with everything that rules it out before it is touched.</summary>
internal static class TargetProcess
{
    /// <summary>Throws the one sentence that says why this process can't be checkpointed.</summary>
    public static ProcStatus Examine(Pid pid)
    {
        var proc = new ProcTask(pid);
        ProcStatus status;
        try
        {
            status = proc.Status();
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.ESRCH)
        {
            throw new TorporException(FailureKind.NoSuchProcess, $"there is no process {pid}", "look up the pid again, for example with pgrep");
        }
        string name = $"process {pid} ({status.Name})";
        if (status.Tgid.Value != pid.Value)
            throw new TorporException(FailureKind.NoSuchProcess, $"{pid} is a thread of process {status.Tgid}", $"checkpoint process {status.Tgid}");
        if (status.KernelThread)
            throw new TorporException(FailureKind.KernelThread, $"{name} is a kernel thread and has no memory of its own to save", "choose a user program");
        if (status.State is 'Z' or 'X')
            throw new TorporException(FailureKind.Zombie, $"{name} has already exited", "its parent only has to collect its exit status");
        if (status.TracerPid.Value != 0)
            throw new TorporException(FailureKind.Traced, $"{name} is being traced by process {status.TracerPid}", "end the debugger or tracer first");
        if (pid.Value == Environment.ProcessId)
            throw new TorporException(FailureKind.Usage, "torpor can't checkpoint itself", "name another process");
        CheckAccess(proc, status, name);
        return status;
    }

    private static void CheckAccess(ProcTask proc, ProcStatus status, string name)
    {
        try
        {
            // Needs the same ptrace access as tracing does, but for security modules.
            proc.ReadLink("exe");
        }
        catch (LinuxException e) when (e.Errno is Errno.EACCES or Errno.EPERM)
        {
            throw NotPermitted(name, status);
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.ESRCH)
        {
            throw new TorporException(FailureKind.ProcessExited, $"{name} exited before it could be checkpointed");
        }
    }

    /// <summary>The sentence for a process that could not be stopped.</summary>
    public static TorporException NotFrozen(FreezeException failure)
    {
        Pid pid = failure.Pid;
        ProcStatus status;
        try
        {
            status = new ProcTask(pid).Status();
        }
        catch (LinuxException e)
        {
            return new TorporException(FailureKind.ProcessExited, $"process {pid} exited before it could be frozen", null, e);
        }
        string name = $"process {pid} ({status.Name})";
        return failure.Cause.Errno switch
        {
            Errno.EPERM => NotPermitted(name, status),
            Errno.ESRCH => new TorporException(FailureKind.ProcessExited, $"{name} exited before it could be frozen", null, failure),
            Errno.ETIMEDOUT => new TorporException(FailureKind.Refused, $"{name} does not stop: it waits uninterruptibly, for a vfork child or for a file system",
                "try again once it goes on", failure),
            Errno.EAGAIN => new TorporException(FailureKind.Refused, $"{name} forks faster than its processes can be stopped", "stop it first (kill -STOP)", failure),
            _ => new TorporException(FailureKind.Internal, $"{name}: {failure.Message}", null, failure),
        };
    }

    public static TorporException NotPermitted(string name, ProcStatus status) =>
        new(FailureKind.NotPermitted, $"{name} belongs to user {status.Uids.Real} and may not be traced by user {ProcTask.Self.Status().Uids.Effective}",
            "run torpor as the user who owns the process; programs that made themselves undumpable or hold more capabilities need root");
}
