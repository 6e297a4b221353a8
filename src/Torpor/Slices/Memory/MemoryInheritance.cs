using Torpor.Linux;
using Torpor.Linux.ProcFs;
using Torpor.Model;
using Torpor.Tracing;
using static Torpor.Linux.Uapi.Mman;

namespace Torpor.Slices.Memory;

/// <summary>
/// What a process keeps of the memory that it starts with as a copy of its creator's: mappings that are the same in both, and
/// in them the pages that are. Those stay shared copy-on-write, as fork(2) had shared them. Everything else goes.
/// </summary>
internal sealed class MemoryInheritance(RestoreContext context, MemoryRestore own, MemoryRestore creator)
{
    /// <summary>Traits that are given once all copies are made.</summary>
    private const MappingTraits GivenLate = MappingTraits.Locked | MappingTraits.LockedOnFault | MappingTraits.Sealed;

    /// <summary>The first of the creator's mappings that the next one of ours may overlap.</summary>
    private int _next;

    private SyscallProgram Program => context.Memory;

    public void Compile()
    {
        ParkVdso();
        foreach (RestoredMapping mapping in own.Mappings)
            Keep(mapping);
        UnmapRest();
        foreach (RestoredMapping mapping in own.Mappings.Where(m => m.Kept.Count > 0))
            Adapt(mapping);
    }

    /// <summary>The kernel's mappings go back to where the root's were at first: from there each process moves them to its own place.</summary>
    private void ParkVdso()
    {
        List<MappingState> parts = [.. creator.Mappings.Select(m => m.State).Where(m => m.Kind is MappingKind.Vdso or MappingKind.Vvar)];
        foreach (MappingState part in parts)
        {
            ulong goal = context.AddressSpace.ParkedVdso.Value + (part.Start - parts[0].Start);
            Program.Call($"park {(part.Name.Length > 0 ? part.Name : "[vdso]")}", Expectation.Exactly(goal), SyscallNumber.mremap,
                part.Start, part.Length, part.Length, MREMAP_MAYMOVE | MREMAP_FIXED, goal);
        }
    }

    /// <summary>Finds the parts of a mapping that the creator has, too: either of them may have grown or been cut since.</summary>
    private void Keep(RestoredMapping mapping)
    {
        // Both lists ascend.
        while (_next < creator.Mappings.Count && creator.Mappings[_next].State.End <= mapping.State.Start)
            _next++;
        for (int i = _next; i < creator.Mappings.Count && creator.Mappings[i].State.Start < mapping.State.End; i++)
        {
            RestoredMapping source = creator.Mappings[i];
            if (IsSame(mapping.State, source.State))
                mapping.Kept.Add((mapping.State.Range.Intersect(source.State.Range), source));
        }
    }

    private static bool IsSame(MappingState a, MappingState b) =>
        a.Kind == b.Kind && !a.IsKernels && a.Protection == b.Protection && a.BackingId == b.BackingId
        && unchecked(a.Offset - a.Start == b.Offset - b.Start || a.Kind == MappingKind.AnonymousPrivate)
        && (a.Traits & ~GivenLate) == (b.Traits & ~GivenLate) && !a.Has(MappingTraits.HugePages)
        && MappingPlan.InheritedAdvice(a) == MappingPlan.InheritedAdvice(b) && a.Name == b.Name;

    /// <summary>Neighbours go together.</summary>
    private void UnmapRest()
    {
        AddressRange[] kept = [.. own.Mappings.SelectMany(m => m.Kept).Select(item => item.Range)];
        AddressRange pending = default;
        foreach (AddressRange rest in PageRuns.Subtract(creator.Mappings.Select(m => m.State).Where(m => !m.IsKernels).Select(m => m.Range), kept))
        {
            if (pending.End != rest.Start)
            {
                Unmap(pending);
                pending = rest;
            }
            pending = pending with { End = rest.End };
        }
        Unmap(pending);
    }

    private void Unmap(AddressRange range)
    {
        if (range.Length > 0)
            Program.Call($"unmap what was inherited at {range}", Expectation.Exactly(0), SyscallNumber.munmap, range.Start, range.Length);
    }

    /// <summary>Makes the pages of the kept parts what they have to be.</summary>
    private void Adapt(RestoredMapping mapping)
    {
        if (!mapping.State.IsPrivate)
            return;
        List<SavedRun> pages = [];
        foreach (AddressRange part in mapping.NewParts())
            pages.AddRange(Within(mapping.Saved, part));
        foreach ((AddressRange range, RestoredMapping source) in mapping.Kept)
        {
            var difference = new PageDifference(own.Pages, Within(mapping.Saved, range), creator.Pages, Within(source.Saved, range));
            pages.AddRange(difference.Changed);
            foreach (AddressRange gone in difference.Gone)
                Program.Call($"empty inherited pages at {gone}", Expectation.Exactly(0), SyscallNumber.madvise, gone.Start, gone.Length, MADV_DONTNEED);
        }
        mapping.Pages = [.. pages.OrderBy(run => run.Range.Start)];
        if (!mapping.MustBeWritable)
            return;
        foreach ((AddressRange range, _) in mapping.Kept)
        {
            Program.Call($"unprotect memory at {range}", Expectation.Exactly(0), SyscallNumber.mprotect,
                range.Start, range.Length, (int)(mapping.State.Protection | ProtectionFlags.PROT_WRITE));
        }
    }

    private static List<SavedRun> Within(List<SavedRun> runs, AddressRange range) => [.. runs.Where(run => run.Range.Overlaps(range)).Select(run => run.Within(range))];
}
