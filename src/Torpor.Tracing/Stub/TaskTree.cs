using Torpor.Linux.Uapi;

namespace Torpor.Tracing;

/// <summary>How the tasks of a restore are traced: what they clone is traced too, and all die with the tracer.</summary>
public static class TaskTree
{
    public const PtraceOptions Options =
        PtraceOptions.PTRACE_O_EXITKILL | PtraceOptions.PTRACE_O_TRACESYSGOOD |
        PtraceOptions.PTRACE_O_TRACECLONE | PtraceOptions.PTRACE_O_TRACEFORK | PtraceOptions.PTRACE_O_TRACEVFORK;
}
