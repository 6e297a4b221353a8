using Torpor.Images;
using Torpor.Linux;
using Torpor.Linux.ProcFs;
using Torpor.Model;
using Torpor.Tracing;

namespace Torpor.Slices.Memory;

/// <summary>Turns the images of one address space into steps.</summary>
internal sealed class MemoryRestore
{
    /// <summary>Above this, memory that never counted against the commit limit is not made to count while its pages are read.</summary>
    private const ulong SmallMapping = 16 << 20;

    private readonly RestoreContext _context;
    private readonly SharedMemoryRestore _shared;
    private readonly List<RestoredMapping> _mappings;
    private readonly AddressSpaceMap _map;
    private readonly SavedPages _pages;

    public MemoryRestore(RestoreContext context, List<RestoredMapping> mappings, SharedMemoryRestore shared)
    {
        _context = context;
        _shared = shared;
        _mappings = mappings;
        _map = new AddressSpaceMap([.. _mappings.Select(m => m.State)], context.AddressSpace);
        foreach (AddressRange held in shared.Held)
            _map.Take(held);
        _pages = SavedPages.Load(context.Tree, ImageName.Pagemap(context.Images.Pid), required: true);
        Distribute(_pages, _mappings);
        context.State.Set(this);
    }

    public IReadOnlyList<RestoredMapping> Mappings => _mappings;

    public SavedPages Pages => _pages;

    public void Compile()
    {
        SyscallProgram program = _context.Memory;
        var files = new FileMappingsRestore(_context, _shared, _map);
        if (_context.Creator is { } creator)
            new MemoryInheritance(_context, this, (creator.MemoryOwner ?? creator).State.Get<MemoryRestore>()).Compile();
        files.Map(_mappings);
        foreach (RestoredMapping mapping in _mappings.Where(m => m.State.Kind == MappingKind.AnonymousPrivate))
            MappingPlan.Map(program, mapping, "anonymous memory", fd: -1);
        _shared.MapAnonymous(_context, _mappings);
        // Ordering: advice before content, because huge pages are given out, or not, as pages are filled.
        foreach (MappingState part in _mappings.Where(m => !m.MappedLate).SelectMany(m => m.NewStates()))
            MappingPlan.Advise(program, part);
        ContentPlan.Fill(program, _pages, _mappings.SelectMany(m => m.Pages), "memory");
        _shared.FillAnonymous(_context, _map);
        // Ordering: protection after content, because only writable memory can be filled.
        foreach (RestoredMapping mapping in _mappings)
            MappingPlan.Protect(program, mapping);
        foreach (MappingState part in _mappings.SelectMany(m => m.NewStates()))
            MappingPlan.Name(program, part);
        AddressFieldsRestore.Compile(_context, files);
        Finish(_context.Process);
    }

    /// <summary>What must not be before the children have got their copies.</summary>
    private void Finish(SyscallProgram program)
    {
        foreach (RestoredMapping mapping in _mappings)
            MappingPlan.AdviseForChildren(program, mapping.State);
        // Ordering: guard regions before locks, because the kernel puts none into locked memory.
        foreach (RestoredMapping mapping in _mappings)
            MappingPlan.Guard(program, mapping.State);
        foreach (RestoredMapping mapping in _mappings)
            MappingPlan.Lock(program, mapping.State);
        // Ordering: sealed mappings last of all, because nothing about them can be changed any more.
        foreach (RestoredMapping mapping in _mappings)
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
                mapping.Saved.Add(run.Within(part));
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

    /// <summary>Its pages in the images.</summary>
    public List<SavedRun> Saved { get; } = [];

    /// <summary>Those of them that have to be read: not what is there already, inherited.</summary>
    public List<SavedRun> Pages { get; set; } = [];

    /// <summary>The parts that are there already as copies of the creator's mappings, ascending.</summary>
    public List<(AddressRange Range, RestoredMapping Source)> Kept { get; } = [];

    /// <summary>The parts that are mapped anew: mostly all of it, or nothing.</summary>
    public IEnumerable<AddressRange> NewParts() => PageRuns.Complement(State.Range, [.. Kept.Select(item => item.Range)]);

    /// <summary><see cref="NewParts"/> as mappings.</summary>
    public IEnumerable<MappingState> NewStates() => Kept.Count == 0
        ? [State]
        : NewParts().Select(part => State with { Start = part.Start, End = part.End, Offset = State.Kind == MappingKind.AnonymousPrivate ? State.Offset : State.Offset + (part.Start - State.Start) });

    /// <summary>Shared memory that is filled through this mapping, too, must be writable for that.</summary>
    public bool FilledAsShared { get; set; }

    /// <summary>A further view of shared memory: it is mapped when the memory is there and filled.</summary>
    public bool MappedLate { get; set; }

    /// <summary>The protection at first lets the content in.</summary>
    public bool MustBeWritable => (Pages.Count > 0 || FilledAsShared) && (State.Protection & ProtectionFlags.PROT_WRITE) == 0;
}
