using Torpor.Model;
using Torpor.Tracing;

namespace Torpor.Slices.Files;

/// <summary>What a kind emits with once a process has its descriptors in place: the calls are that process's.</summary>
internal sealed class FileConnection(RestoreContext process, IReadOnlyList<RestoredDescription> all)
{
    private Dictionary<int, RestoredDescription>? _byNumber;

    public SyscallProgram Program => process.Process;

    /// <summary>The description that a number of this process leads to.</summary>
    public RestoredDescription? ByNumber(int number)
    {
        _byNumber ??= all.SelectMany(description => description.Slots, (description, slot) => (description, slot))
            .Where(item => item.slot.Process == process).ToDictionary(item => item.slot.Number, item => item.description);
        return _byNumber.GetValueOrDefault(number);
    }
}
