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

    private SyscallProgram Program => context.Memory;

    public void Compile()
    {
        ParkVdso();
        Dictionary<ulong, RestoredMapping> byStart = creator.Mappings.ToDictionary(m => m.State.Start);
        foreach (RestoredMapping mapping in own.Mappings)
        {
            if (byStart.TryGetValue(mapping.State.Start, out RestoredMapping? source) && IsSame(mapping.State, source.State))
                mapping.Inherited = source;
        }
        UnmapRest();
        foreach (RestoredMapping mapping in own.Mappings.Where(m => m.Inherited is not null))
            Adapt(mapping, mapping.Inherited!);
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

    private static bool IsSame(MappingState a, MappingState b) =>
        a.Kind == b.Kind && !a.IsKernels && (a.End == b.End || a.Kind == MappingKind.AnonymousPrivate)
        && a.Protection == b.Protection && a.Offset == b.Offset && a.BackingId == b.BackingId
        && (a.Traits & ~GivenLate) == (b.Traits & ~GivenLate) && !a.Has(MappingTraits.HugePages)
        && MappingPlan.InheritedAdvice(a) == MappingPlan.InheritedAdvice(b) && a.Name == b.Name;

    /// <summary>Neighbours go together.</summary>
    private void UnmapRest()
    {
        var kept = own.Mappings.Where(m => m.Inherited is not null).ToDictionary(m => m.State.Start, m => m.State.End);
        AddressRange pending = default;
        foreach (MappingState mapping in creator.Mappings.Select(m => m.State).Where(m => !m.IsKernels))
        {
            ulong start = kept.TryGetValue(mapping.Start, out ulong end) ? Math.Min(end, mapping.End) : mapping.Start;
            if (start == mapping.End)
                continue;
            if (pending.End != start)
            {
                Unmap(pending);
                pending = pending with { Start = start };
            }
            pending = pending with { End = mapping.End };
        }
        Unmap(pending);
    }

    private void Unmap(AddressRange range)
    {
        if (range.Length > 0)
            Program.Call($"unmap what was inherited at {range}", Expectation.Exactly(0), SyscallNumber.munmap, range.Start, range.Length);
    }

    private void Adapt(RestoredMapping mapping, RestoredMapping source)
    {
        MappingState state = mapping.State;
        if (state.End > source.State.End)
        {
            // Grown in place it stays one mapping; what is mapped beside an inherited one would not become one with it.
            Program.Call($"grow the mapping at {state.Range}", Expectation.Exactly(state.Start), SyscallNumber.mremap,
                state.Start, source.State.Length, state.Length, 0, 0);
        }
        if (!state.IsPrivate)
            return;
        var difference = new PageDifference(own.Pages, mapping.Saved, creator.Pages, source.Saved);
        mapping.Pages = difference.Changed;
        foreach (AddressRange gone in difference.Gone.Where(range => range.Start < state.End))
        {
            ulong end = Math.Min(gone.End, state.End);
            Program.Call($"empty inherited pages at {gone}", Expectation.Exactly(0), SyscallNumber.madvise, gone.Start, end - gone.Start, MADV_DONTNEED);
        }
        if (mapping.MustBeWritable)
        {
            Program.Call($"unprotect memory at {state.Range}", Expectation.Exactly(0), SyscallNumber.mprotect,
                state.Start, state.Length, (int)(state.Protection | ProtectionFlags.PROT_WRITE));
        }
    }
}
