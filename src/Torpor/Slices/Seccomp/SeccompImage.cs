using Google.Protobuf;
using Torpor.Images.Messages;
using Torpor.Linux.Uapi;

namespace Torpor.Slices.Seccomp;

/// <summary>
/// Chains of filters as a table, in which each filter names the one before it: chains that begin alike share their beginning,
/// as they do in the kernel.
/// </summary>
internal static class SeccompImage
{
    /// <summary>No chain that the kernel takes is longer: it counts each filter as four instructions at least, and allows 32768.</summary>
    private const int LongestChain = 32768 / 5;

    public static void ToImage(SeccompState state, ThreadCoreEntry core, List<SeccompFilter> table)
    {
        core.SeccompMode = state.Mode;
        if (state.Mode == SeccompMode.Filter)
            core.SeccompFilter = Enter(state.Filters, table);
    }

    private static uint Enter(IReadOnlyList<FilterState> chain, List<SeccompFilter> table)
    {
        uint? previous = null;
        foreach (FilterState filter in chain)
        {
            var entry = new SeccompFilter { Filter = ByteString.CopyFrom(filter.Code), Flags = filter.Flags };
            if (previous is { } index)
                entry.Prev = index;
            // A filter behind number 0 equals one without a number, says protobuf.
            int place = table.FindIndex(other => other.HasPrev == entry.HasPrev && other.Equals(entry));
            if (place < 0)
            {
                place = table.Count;
                table.Add(entry);
            }
            previous = (uint)place;
        }
        return previous ?? throw new InvalidOperationException("a thread in filter mode without a filter");
    }

    /// <summary>A thread's own entry, or in older images its process's.</summary>
    public static SeccompState FromImage(ThreadCoreEntry? core, TaskCoreEntry? task, IReadOnlyList<SeccompFilter> table)
    {
        if (core is { HasSeccompMode: true })
            return new SeccompState(core.SeccompMode, core.SeccompMode == SeccompMode.Filter ? Chain(core.SeccompFilter, table) : []);
        if (task is { HasOldSeccompMode: true })
            return new SeccompState(task.OldSeccompMode, task.OldSeccompMode == SeccompMode.Filter ? Chain(task.OldSeccompFilter, table) : []);
        return SeccompState.None;
    }

    private static List<FilterState> Chain(uint newest, IReadOnlyList<SeccompFilter> table)
    {
        List<FilterState> chain = [];
        for (uint? next = newest; next is { } index; next = table[(int)index].HasPrev ? table[(int)index].Prev : null)
        {
            if (index >= table.Count)
                throw Damaged($"seccomp.img has {table.Count} filters, and one is asked for by the number {index}");
            if (chain.Count == LongestChain)
                throw Damaged("a chain of filters in seccomp.img has no end");
            SeccompFilter entry = table[(int)index];
            int length = entry.Filter.Length;
            if (length == 0 || length % Linux.Uapi.Seccomp.FilterInstructionSize != 0 || length > Linux.Uapi.Seccomp.BPF_MAXINSNS * Linux.Uapi.Seccomp.FilterInstructionSize)
                throw Damaged($"filter {index} in seccomp.img has {length} bytes, which no filter can have");
            chain.Add(new FilterState(entry.Filter.ToByteArray(), entry.Flags));
        }
        chain.Reverse();
        return chain;
    }

    private static TorporException Damaged(string what) => new(FailureKind.ImageDamaged, what, "take the checkpoint again or fetch an undamaged copy");
}
