using Torpor.Images;
using Torpor.Images.Messages;

namespace Torpor;

/// <summary>Sorts mappings by kind and counts what of each is in the images.</summary>
internal sealed class InspectedMemoryTable
{
    private const string StackKind = "stack";
    private const string HeapKind = "heap";
    private const string AnonymousKind = "anonymous";
    private const string ReservedKind = "reserved, without access";
    private const string FilePrivateKind = "file, private";
    private const string FileSharedKind = "file, shared";
    private const string SharedKind = "shared memory";
    private const string MemfdKind = "memfd";
    private const string KernelKind = "provided by the kernel";

    // CRIU's bits of vma_entry.status.
    private const uint VMA_AREA_STACK = 1 << 1;
    private const uint VMA_AREA_VSYSCALL = 1 << 2;
    private const uint VMA_AREA_VDSO = 1 << 3;
    private const uint VMA_AREA_HEAP = 1 << 5;
    private const uint VMA_FILE_PRIVATE = 1 << 6;
    private const uint VMA_FILE_SHARED = 1 << 7;
    private const uint VMA_ANON_SHARED = 1 << 8;
    private const uint VMA_AREA_SYSVIPC = 1 << 10;
    private const uint VMA_AREA_VVAR = 1 << 12;
    private const uint VMA_AREA_MEMFD = 1 << 14;

    private static readonly string[] s_order =
        [StackKind, HeapKind, AnonymousKind, ReservedKind, SharedKind, MemfdKind, FilePrivateKind, FileSharedKind, KernelKind];

    private readonly Dictionary<string, (int Mappings, long Bytes, long Stored)> _kinds = [];
    private readonly VmaEntry[] _mappings;
    private readonly long _pageSize = Environment.SystemPageSize;

    public InspectedMemoryTable(MmEntry? mm)
    {
        _mappings = mm is null ? [] : [.. mm.Vmas.OrderBy(mapping => mapping.Start)];
        foreach (VmaEntry mapping in _mappings)
            Add(KindOf(mapping), 1, unchecked((long)(mapping.End - mapping.Start)), 0);
    }

    public int Mappings => _mappings.Length;

    public long StoredBytes { get; private set; }

    public IReadOnlyList<InspectedMemory> Kinds =>
        [.. s_order.Where(_kinds.ContainsKey).Select(kind => new InspectedMemory(kind, _kinds[kind].Mappings, _kinds[kind].Bytes, _kinds[kind].Stored))];

    /// <summary>Adds the pages of the process's own memory, and those of each shared object that it maps.</summary>
    public void AddStored(ImageDirectoryReader input, uint pid)
    {
        if (input.Exists(ImageName.Pagemap(pid)))
        {
            int at = 0;
            foreach (PagemapRun run in Runs(input, ImageName.Pagemap(pid)))
                Distribute(run, ref at);
        }
        foreach (IGrouping<ulong, VmaEntry> shared in _mappings.Where(IsShared).GroupBy(mapping => mapping.Shmid))
        {
            string name = ImageName.SharedPagemap(shared.Key);
            if (input.Exists(name))
                Store(KindOf(shared.First()), Runs(input, name).Sum(run => (long)run.Pages * _pageSize));
        }
    }

    private static List<PagemapRun> Runs(ImageDirectoryReader input, string name)
    {
        using PagemapReader reader = PagemapReader.Open(input, name, (uint)Environment.SystemPageSize);
        return [.. reader.Runs().Where(run => (run.Flags & PagemapFlags.Present) != 0)];
    }

    /// <summary>Both runs and mappings ascend; a run may cover several mappings.</summary>
    private void Distribute(PagemapRun run, ref int at)
    {
        ulong start = run.Address;
        ulong end = run.Address + run.Pages * (ulong)_pageSize;
        while (at < _mappings.Length && _mappings[at].End <= start)
            at++;
        for (int i = at; i < _mappings.Length && _mappings[i].Start < end; i++)
        {
            ulong from = Math.Max(start, _mappings[i].Start);
            ulong to = Math.Min(end, _mappings[i].End);
            if (from < to)
                Store(KindOf(_mappings[i]), (long)(to - from));
        }
    }

    private void Store(string kind, long bytes)
    {
        StoredBytes += bytes;
        Add(kind, 0, 0, bytes);
    }

    private void Add(string kind, int mappings, long bytes, long stored)
    {
        (int Mappings, long Bytes, long Stored) known = _kinds.GetValueOrDefault(kind);
        _kinds[kind] = (known.Mappings + mappings, known.Bytes + bytes, known.Stored + stored);
    }

    private static bool IsShared(VmaEntry mapping) => (mapping.Status & (VMA_ANON_SHARED | VMA_AREA_MEMFD | VMA_AREA_SYSVIPC)) != 0;

    private static string KindOf(VmaEntry mapping) => mapping.Status switch
    {
        var status when (status & (VMA_AREA_VDSO | VMA_AREA_VVAR | VMA_AREA_VSYSCALL)) != 0 => KernelKind,
        var status when (status & VMA_AREA_MEMFD) != 0 => MemfdKind,
        var status when (status & (VMA_ANON_SHARED | VMA_AREA_SYSVIPC)) != 0 => SharedKind,
        var status when (status & VMA_FILE_SHARED) != 0 => FileSharedKind,
        var status when (status & VMA_FILE_PRIVATE) != 0 => FilePrivateKind,
        var status when (status & VMA_AREA_HEAP) != 0 => HeapKind,
        var status when (status & VMA_AREA_STACK) != 0 => StackKind,
        _ => mapping.Prot == 0 ? ReservedKind : AnonymousKind,
    };
}
