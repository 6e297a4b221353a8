using Torpor.Images;
using Torpor.Linux;
using Torpor.Linux.ProcFs;
using Torpor.Model;
using Torpor.Tracing;

namespace Torpor.Slices.Memory;

/// <summary>Turns the images of one address space into steps.</summary>
internal static class MemoryRestore
{
    /// <summary>Above this, memory that never counted against the commit limit is not made to count while its pages are read.</summary>
    private const ulong SmallMapping = 16 << 20;

    public static void Compile(RestoreContext context)
    {
        List<RestoredMapping> mappings = [.. context.Images.Mm.Vmas.Select(v => new RestoredMapping(MappingImage.FromEntry(v)))];
        var map = new AddressSpaceMap([.. mappings.Select(m => m.State)], context.AddressSpace);
        SavedPages pages = SavedPages.Load(context, ImageName.Pagemap(context.Images.Process.Pid), required: true);
        Distribute(pages, mappings);
        SyscallProgram program = context.Process;
        var shared = new SharedMemoryRestore(context, map, mappings);
        var files = new FileMappingsRestore(context, shared);

        files.Map(mappings);
        foreach (RestoredMapping mapping in mappings.Where(m => m.State.Kind == MappingKind.AnonymousPrivate))
            MappingPlan.Map(program, mapping, "anonymous memory", fd: -1);
        shared.MapAnonymous();
        // Ordering: advice before content, because huge pages are given out, or not, as pages are filled.
        foreach (RestoredMapping mapping in mappings.Where(m => !m.MappedLate))
            MappingPlan.Advise(program, mapping.State);
        ContentPlan.Fill(program, pages, mappings.SelectMany(m => m.Pages), "memory");
        shared.Fill();
        // Ordering: protection after content, because only writable memory can be filled.
        foreach (RestoredMapping mapping in mappings)
            MappingPlan.Protect(program, mapping);
        foreach (RestoredMapping mapping in mappings)
            MappingPlan.Name(program, mapping.State);
        // Ordering: guard regions before locks, because the kernel puts none into locked memory.
        foreach (RestoredMapping mapping in mappings)
            MappingPlan.Guard(program, mapping.State);
        foreach (RestoredMapping mapping in mappings)
            MappingPlan.Lock(program, mapping.State);
        AddressFieldsRestore.Compile(context, files);
        // Ordering: seals of files after their last mapping and content, which they would forbid.
        shared.Seal();
        // Ordering: sealed mappings last of all, because nothing about them can be changed any more.
        foreach (RestoredMapping mapping in mappings)
            MappingPlan.Seal(program, mapping.State);
    }

    /// <summary>Gives each mapping its pages; a page that belongs to none is damage.</summary>
    private static void Distribute(SavedPages pages, List<RestoredMapping> mappings)
    {
        int next = 0;
        foreach (SavedRun run in pages.Runs)
        {
            for (AddressRange rest = run.Range; rest.Length > 0;)
            {
                while (next < mappings.Count && mappings[next].State.End <= rest.Start)
                    next++;
                if (next == mappings.Count || mappings[next].State.Start > rest.Start || !mappings[next].State.IsPrivate)
                    throw new TorporException(FailureKind.ImageDamaged, $"the pagemap has pages at 0x{rest.Start:x}, where there is no private memory", "take the checkpoint again");
                RestoredMapping mapping = mappings[next];
                var part = new AddressRange(rest.Start, Math.Min(rest.End, mapping.State.End));
                mapping.Pages.Add(run.Within(part));
                rest = rest with { Start = part.End };
            }
        }
    }

    /// <summary>Whether memory with pages, but without permission to write, must be kept from counting while it is filled.</summary>
    internal static bool KeepUncounted(RestoredMapping mapping) =>
        mapping.MustBeWritable && mapping.State.IsPrivate && !mapping.State.Has(MappingTraits.Accounted) && mapping.State.Length > SmallMapping;
}

/// <summary>A mapping to bring back, with its part of the saved pages.</summary>
internal sealed class RestoredMapping(MappingState state)
{
    public MappingState State { get; } = state;

    public List<SavedRun> Pages { get; } = [];

    /// <summary>Shared memory that is filled through this mapping, too, must be writable for that.</summary>
    public bool FilledAsShared { get; set; }

    /// <summary>A further view of shared memory: it is mapped when the memory is there and filled.</summary>
    public bool MappedLate { get; set; }

    /// <summary>The protection at first lets the content in.</summary>
    public bool MustBeWritable => (Pages.Count > 0 || FilledAsShared) && (State.Protection & ProtectionFlags.PROT_WRITE) == 0;
}
