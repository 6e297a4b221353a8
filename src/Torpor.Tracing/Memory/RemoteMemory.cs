using Torpor.Linux;

namespace Torpor.Tracing;

/// <summary>Another process's memory.</summary>
public sealed partial class RemoteMemory(Pid pid)
{
    public Pid Pid { get; } = pid;
}
