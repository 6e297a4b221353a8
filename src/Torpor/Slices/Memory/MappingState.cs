using Torpor.Linux;
using Torpor.Linux.ProcFs;

namespace Torpor.Slices.Memory;

/// <summary>What a mapping shows.</summary>
internal enum MappingKind
{
    /// <summary>Memory of the process's own: heap, stacks, reservations.</summary>
    AnonymousPrivate,

    /// <summary>Shared anonymous memory, an object in the kernel.</summary>
    AnonymousShared,

    /// <summary>A file, with the pages that the process changed as its own.</summary>
    FilePrivate,

    /// <summary>A file, changes and all.</summary>
    FileShared,

    /// <summary>The kernel's own code page in user memory.</summary>
    Vdso,

    /// <summary>The kernel's own data for it; there may be several.</summary>
    Vvar,

    /// <summary>A fixed page in kernel addresses: there in every process.</summary>
    Vsyscall,
}

/// <summary>Properties of a mapping beside its kind. Not the kernel's bits.</summary>
[Flags]
internal enum MappingTraits
{
    None = 0,
    Stack = 1 << 0,
    Heap = 1 << 1,
    GrowsDown = 1 << 2,
    NoReserve = 1 << 3,

    /// <summary>It counts against the commit limit, as memory does from the moment it is writable on.</summary>
    Accounted = 1 << 4,
    Locked = 1 << 5,
    LockedOnFault = 1 << 6,
    Sealed = 1 << 7,

    /// <summary>MAP_DROPPABLE: the kernel may empty it at any time, so its content is not kept.</summary>
    Droppable = 1 << 8,
    HugePages = 1 << 9,

    /// <summary>The file behind it is a memfd.</summary>
    Memfd = 1 << 10,

    /// <summary>The file behind it was opened for writing, which lets a shared mapping become writable.</summary>
    MayWrite = 1 << 11,
}

/// <summary>A range of addresses in the target.</summary>
internal readonly record struct AddressRange(ulong Start, ulong End)
{
    public ulong Length => End - Start;

    public bool Overlaps(AddressRange other) => Start < other.End && other.Start < End;

    /// <summary>Of two that overlap.</summary>
    public AddressRange Intersect(AddressRange other) => new(Math.Max(Start, other.Start), Math.Min(End, other.End));

    public override string ToString() => $"0x{Start:x}-0x{End:x}";
}

/// <summary>One mapping of a process.</summary>
internal sealed record MappingState
{
    public required ulong Start { get; init; }

    public required ulong End { get; init; }

    public required MappingKind Kind { get; init; }

    public ProtectionFlags Protection { get; init; }

    public MappingTraits Traits { get; init; }

    /// <summary>In bytes from the start of the file or shared object.</summary>
    public ulong Offset { get; init; }

    /// <summary>The madvise(2) values in force: bit n for value n.</summary>
    public ulong Advice { get; init; }

    /// <summary>The logarithm of the huge pages' size.</summary>
    public int HugePageShift { get; init; }

    /// <summary>The description of the file in the images, or the number of the shared object.</summary>
    public uint BackingId { get; init; }

    /// <summary>Given by the program to anonymous memory, or by the kernel to its own mappings.</summary>
    public string Name { get; init; } = "";

    /// <summary>Guard regions, ascending.</summary>
    public IReadOnlyList<AddressRange> Guards { get; init; } = [];

    public ulong Length => End - Start;

    public AddressRange Range => new(Start, End);

    /// <summary>Pages of its own are stored page by page: memory, or a file's changed pages.</summary>
    public bool IsPrivate => Kind is MappingKind.AnonymousPrivate or MappingKind.FilePrivate;

    public bool IsFile => Kind is MappingKind.FilePrivate or MappingKind.FileShared;

    /// <summary>The kernel provides it, no mmap(2) does.</summary>
    public bool IsKernels => Kind is MappingKind.Vdso or MappingKind.Vvar or MappingKind.Vsyscall;

    public bool Has(MappingTraits traits) => (Traits & traits) == traits;

    public RemoteAddress Address => new(Start);
}
