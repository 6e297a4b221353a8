namespace Torpor.Linux.ProcFs;

/// <summary>A process's or a thread's directory in /proc. Reads need ptrace access (PTRACE_MODE_READ) unless said otherwise, see proc(5).</summary>
public sealed partial class ProcTask
{
    public ProcTask(Pid pid) => Root = $"/proc/{pid}";

    public ProcTask(Pid pid, Tid tid) => Root = $"/proc/{pid}/task/{tid}";

    /// <summary><c>/proc/4242</c> or <c>/proc/4242/task/4243</c>.</summary>
    public string Root { get; }
}
