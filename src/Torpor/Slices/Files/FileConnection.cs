using Torpor.Linux;
using Torpor.Model;
using Torpor.Tracing;

namespace Torpor.Slices.Files;

/// <summary>What a kind emits with once a process has its descriptors in place: the calls are that process's.</summary>
internal sealed class FileConnection(RestoreContext process, IReadOnlyList<RestoredDescription> all)
{
    private readonly Dictionary<int, RestoredDescription> _byNumber =
        all.SelectMany(description => description.Slots, (description, slot) => (description, slot))
            .Where(item => item.slot.Process == process).ToDictionary(item => item.slot.Number, item => item.description);

    public RestoreContext Process { get; } = process;

    public SyscallProgram Program => Process.Process;

    public DescriptorTable Table => Process.Descriptors;

    /// <summary>Every description of the tree.</summary>
    public IReadOnlyList<RestoredDescription> All { get; } = all;

    /// <summary>The description that a number of this process leads to.</summary>
    public RestoredDescription? ByNumber(int number) => _byNumber.GetValueOrDefault(number);
}
