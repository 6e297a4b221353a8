using Torpor.Linux;

namespace Torpor.Tracing;

/// <summary>One traced thread.</summary>
public sealed partial class Tracee(Tid tid)
{
    public Tid Tid { get; } = tid;
}
