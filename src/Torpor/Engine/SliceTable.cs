using Torpor.Model;
using Torpor.Slices.ProcessTree;
using Torpor.Slices.Registers;

namespace Torpor.Engine;

/// <summary>Every slice, in the order in which each of its phases is called: the one place that knows them all.</summary>
internal static class SliceTable
{
    public static IReadOnlyList<ISlice> Create() =>
    [
        // Ordering: the session first, because a terminal that is opened later can become its own.
        new ProcessTreeSlice(),
        new RegistersSlice(),
    ];
}
