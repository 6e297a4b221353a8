namespace Torpor;

/// <summary>What a checkpoint did.</summary>
public sealed record CheckpointReport
{
    public required int Pid { get; init; }

    public required string Command { get; init; }

    /// <summary>Those that have ended and wait for their parents included.</summary>
    public required int Processes { get; init; }

    public required int Threads { get; init; }

    public required int Mappings { get; init; }

    public required int Descriptors { get; init; }

    public required long PagesWritten { get; init; }

    public required long PagesScanned { get; init; }

    /// <summary>How long the process stood still.</summary>
    public required TimeSpan FrozenTime { get; init; }

    /// <summary>How long it took until every thread stood still.</summary>
    public required TimeSpan FreezingTime { get; init; }

    public required TimeSpan TotalTime { get; init; }

    public IReadOnlyList<string> Notes { get; init; } = [];
}

/// <summary>What a restore did.</summary>
public sealed record RestoreReport
{
    /// <summary>The root process as the caller sees it.</summary>
    public required int Pid { get; init; }

    /// <summary>The root process as it sees itself.</summary>
    public required int InnerPid { get; init; }

    public required bool PrivateNamespace { get; init; }

    public required int Processes { get; init; }

    public required int Threads { get; init; }

    public required long PagesRestored { get; init; }

    public required TimeSpan TotalTime { get; init; }

    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>The plan as text when only that was asked for.</summary>
    public string? Plan { get; init; }
}

/// <summary>One step of long work.</summary>
/// <param name="Activity">What is being done, as in <c>writing memory</c>.</param>
/// <param name="Done">Units done.</param>
/// <param name="Total">Units in all; 0 when unknown.</param>
public readonly record struct ProgressStep(string Activity, long Done, long Total);
