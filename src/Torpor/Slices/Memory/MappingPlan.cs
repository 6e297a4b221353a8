using Torpor.Linux;
using Torpor.Linux.ProcFs;
using Torpor.Tracing;
using static Torpor.Linux.Uapi.Mman;
using static Torpor.Linux.Uapi.Prctl;

namespace Torpor.Slices.Memory;

/// <summary>Emits the calls for one mapping.</summary>
internal static class MappingPlan
{
    /// <summary>Maps what is not there yet where it was; <paramref name="fd"/> is -1 for memory without a file.</summary>
    public static void Map(SyscallProgram program, RestoredMapping mapping, string what, int fd)
    {
        foreach (MappingState state in mapping.NewStates())
        {
            ProtectionFlags protection = state.Protection | (mapping.MustBeWritable ? ProtectionFlags.PROT_WRITE : 0);
            program.Call($"map {what} at {state.Range}", Expectation.Exactly(state.Start), SyscallNumber.mmap,
                state.Start, state.Length, (int)protection, Flags(mapping) | MAP_FIXED_NOREPLACE, fd, state.IsFile ? state.Offset : 0);
        }
    }

    public static int Flags(RestoredMapping mapping)
    {
        MappingState state = mapping.State;
        int flags = state.Kind switch
        {
            MappingKind.FileShared => MAP_SHARED,
            MappingKind.FilePrivate => MAP_PRIVATE,
            MappingKind.AnonymousShared => MAP_SHARED | MAP_ANONYMOUS,
            _ => (state.Has(MappingTraits.Droppable) ? MAP_DROPPABLE : MAP_PRIVATE) | MAP_ANONYMOUS,
        };
        if (state.Has(MappingTraits.GrowsDown))
            flags |= MAP_GROWSDOWN;
        if (state.Has(MappingTraits.NoReserve) || MemoryRestore.KeepUncounted(mapping))
            flags |= MAP_NORESERVE;
        if (state.Has(MappingTraits.HugePages) && !state.IsFile)
            flags |= MAP_HUGETLB | (state.HugePageShift << MAP_HUGE_SHIFT);
        return flags;
    }

    /// <summary>Repeats the madvise(2) calls whose effect lasts.</summary>
    public static void Advise(SyscallProgram program, MappingState state) => Advise(program, state, Lasting);

    /// <summary>Repeats advice about what children get. Ordering: when there are all children, who have got copies of everything.</summary>
    public static void AdviseForChildren(SyscallProgram program, MappingState state) => Advise(program, state, ForChildren);

    private static void Advise(SyscallProgram program, MappingState state, ReadOnlySpan<int> which)
    {
        if (state.IsKernels)
            return;
        foreach (int advice in which)
        {
            if ((state.Advice & 1UL << advice) == 0)
                continue;
            // Advice about huge pages and merging fails where the kernel is built without them; nothing is lost then.
            bool optional = advice is MADV_HUGEPAGE or MADV_NOHUGEPAGE or MADV_MERGEABLE;
            program.Call($"advise memory at {state.Range} ({advice})", optional ? Expectation.Any : Expectation.Success,
                SyscallNumber.madvise, state.Start, state.Length, advice);
        }
    }

    private static ReadOnlySpan<int> Lasting =>
        [MADV_RANDOM, MADV_SEQUENTIAL, MADV_MERGEABLE, MADV_HUGEPAGE, MADV_NOHUGEPAGE, MADV_DONTDUMP];

    private static ReadOnlySpan<int> ForChildren => [MADV_DONTFORK, MADV_WIPEONFORK];

    /// <summary>The bits of <see cref="MappingState.Advice"/> that children's copies inherit.</summary>
    public static ulong InheritedAdvice(MappingState state) => state.Advice & ~((1UL << MADV_DONTFORK) | (1UL << MADV_WIPEONFORK));

    /// <summary>Takes back the permission to write that only filling needed.</summary>
    public static void Protect(SyscallProgram program, RestoredMapping mapping)
    {
        if (mapping.MustBeWritable)
        {
            program.Call($"protect memory at {mapping.State.Range}", Expectation.Exactly(0), SyscallNumber.mprotect,
                mapping.State.Start, mapping.State.Length, (int)mapping.State.Protection);
        }
    }

    /// <summary>Names anonymous memory as the program did; for people only, so a kernel without names does too.</summary>
    public static void Name(SyscallProgram program, MappingState state)
    {
        if (state.Name.Length == 0 || state.IsKernels || state.IsFile)
            return;
        program.Call($"name memory at {state.Range}", Expectation.Any, SyscallNumber.prctl,
            PR_SET_VMA, PR_SET_VMA_ANON_NAME, state.Start, state.Length, program.Text(state.Name));
    }

    public static void Guard(SyscallProgram program, MappingState state)
    {
        foreach (AddressRange guard in state.Guards)
        {
            program.Call($"install a guard region at {guard}", Expectation.Exactly(0), SyscallNumber.madvise,
                guard.Start, guard.Length, MADV_GUARD_INSTALL);
        }
    }

    public static void Lock(SyscallProgram program, MappingState state)
    {
        if (!state.Has(MappingTraits.Locked) || state.IsKernels)
            return;
        // Locking memory that can't be read marks it and then says ENOMEM, because nothing could be brought in.
        bool readable = (state.Protection & ProtectionFlags.PROT_READ) != 0;
        program.Call($"lock memory at {state.Range}", readable ? Expectation.Exactly(0) : Expectation.Any, SyscallNumber.mlock2,
            state.Start, state.Length, state.Has(MappingTraits.LockedOnFault) ? MLOCK_ONFAULT : 0);
    }

    /// <summary>The kernel seals its own mappings by itself where it does so.</summary>
    public static void Seal(SyscallProgram program, MappingState state)
    {
        if (state.Has(MappingTraits.Sealed) && !state.IsKernels)
            program.Call($"seal memory at {state.Range}", Expectation.Exactly(0), SyscallNumber.mseal, state.Start, state.Length, 0);
    }
}
