namespace Torpor.Tracing;

/// <summary>A process in the making: its leader, and its other threads once they exist.</summary>
public sealed class StubProcess(StubTask leader)
{
    private readonly List<StubTask> _threads = [leader];

    public StubTask Leader => _threads[0];

    /// <summary>The leader first.</summary>
    public IReadOnlyList<StubTask> Threads => _threads;

    /// <summary>Stopped by job control, so that it stands still once it is let go.</summary>
    internal bool IsStopped { get; set; }

    internal void Add(StubTask thread) => _threads.Add(thread);
}
