namespace Torpor.Model;

/// <summary>Why a process can't be checkpointed, or an image not be restored: who, what, why, and what helps.</summary>
/// <param name="Process">The process, as in <c>4242 (nginx)</c>.</param>
/// <param name="Object">The kernel object, as in <c>descriptor 7 (io_uring)</c>.</param>
/// <param name="Reason">A clause: <c>has requests in flight</c>.</param>
/// <param name="Remedy">What the user can do, a full clause; null when nothing helps.</param>
public sealed record Refusal(string Process, string Object, string Reason, string? Remedy = null)
{
    public override string ToString() => $"process {Process}: {Object} {Reason}{(Remedy is null ? "" : $"; {Remedy}")}";
}

/// <summary>All refusals of one run, collected so that they are reported together.</summary>
public sealed class RefusalList(string process)
{
    private readonly List<Refusal> _items = [];

    /// <summary>The process, as in <c>4242 (nginx)</c>.</summary>
    public string Process { get; } = process;

    public IReadOnlyList<Refusal> Items => _items;

    public void Add(string @object, string reason, string? remedy = null) =>
        _items.Add(new Refusal(Process, @object, reason, remedy));
}
