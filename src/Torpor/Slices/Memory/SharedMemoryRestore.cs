using Torpor.Images;
using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Linux.ProcFs;
using Torpor.Linux.Uapi;
using Torpor.Model;
using Torpor.Tracing;
using static Torpor.Linux.Uapi.Mman;

namespace Torpor.Slices.Memory;

/// <summary>
/// Brings back shared objects with their content: anonymous shared memory and memfds. What several processes of the tree
/// show is made by the root, before there are others: memfds while it opens files, anonymous memory at addresses that no
/// process uses, where all of them find it.
/// </summary>
internal sealed class SharedMemoryRestore(RestoreTree tree)
{
    private const ProtectionFlags ReadWrite = ProtectionFlags.PROT_READ | ProtectionFlags.PROT_WRITE;

    /// <summary>Aligned for huge pages of the two sizes of x86-64, so that they can be used.</summary>
    private const ulong HoleAlignment = 1 << 30;

    private readonly RestoredObjects _kept = RestoredObjects.Of(tree);

    /// <summary>Paths whose files were looked at.</summary>
    private readonly HashSet<string> _checked = [];

    /// <summary>Anonymous objects of several processes by their number: where they wait.</summary>
    private readonly Dictionary<uint, AddressRange> _held = [];

    private readonly Dictionary<RestoreContext, List<AnonymousObject>> _anonymous = [];

    /// <summary>An object of anonymous shared memory that one process alone shows; <c>InPlace</c> is its only view when that shows all of it.</summary>
    private sealed record AnonymousObject(ulong Size, SavedPages Pages, RestoredMapping? InPlace, IReadOnlyList<RestoredMapping> Views);

    /// <summary>Emits what the root does before any process has its memory.</summary>
    public void Create(IReadOnlyList<(RestoreContext Process, List<RestoredMapping> Mappings)> spaces)
    {
        foreach (MemfdInodeEntry inode in tree.Images.MemfdInodes)
            CreateMemfd(inode);
        AddressSpaceMap? map = null;
        var views = spaces.SelectMany(space => space.Mappings.Select(mapping => (Mapping: mapping, space.Process)))
            .Where(view => view.Mapping.State.Kind == MappingKind.AnonymousShared);
        foreach (var item in views.GroupBy(view => view.Mapping.State.BackingId))
        {
            if (item.All(view => view.Process == item.First().Process))
                continue;
            map ??= AddressSpaceMap.Union(spaces.SelectMany(space => space.Mappings).Select(mapping => mapping.State.Range), tree.AddressSpace);
            Hold(item.Key, item.First().Mapping, item.Max(view => view.Mapping.State.Offset + view.Mapping.State.Length), map, spaces.Select(space => space.Process));
        }
    }

    private void CreateMemfd(MemfdInodeEntry inode)
    {
        if (!_kept.TryFind(SharedObjectKind.Memfd, inode.InodeId, out int kept))
        {
            kept = tree.Descriptors.Keep(tree.Opening, RestoredObjects.CreateMemfd(tree, inode));
            _kept.Keep(SharedObjectKind.Memfd, inode.InodeId, kept);
        }
        SavedPages pages = SavedPages.Load(tree, ImageName.SharedPagemap(inode.Shmid));
        if (pages.Runs.Count == 0)
            return;
        if (pages.Runs[^1].Range.End > ((inode.Size + UserMemory.PageSize - 1) & ~(UserMemory.PageSize - 1)))
            throw new TorporException(FailureKind.ImageDamaged, $"{ImageName.SharedPagemap(inode.Shmid)}: pages lie behind the end of the memfd {inode.Name}", "take the checkpoint again");
        (int fd, string what, _) = FileMappingsRestore.Reopen(tree.Opening, tree.Descriptors, kept, $"memfd {inode.Name}", write: true);
        // The root has no mapping yet.
        AddressSpaceMap map = AddressSpaceMap.Union([], tree.AddressSpace);
        FillThroughMapping(tree.Opening, map, fd, what, pages, inode.HasHugetlbFlag ? 1UL << (int)(inode.HugetlbFlag >> MAP_HUGE_SHIFT & 0x3f) : UserMemory.PageSize);
        tree.Descriptors.Close(tree.Opening, fd);
    }

    /// <summary>Makes an anonymous object where no process has anything. Each maps its views from there, and gives it up at the end.</summary>
    private void Hold(uint id, RestoredMapping view, ulong viewed, AddressSpaceMap map, IEnumerable<RestoreContext> processes)
    {
        SavedPages pages = SavedPages.Load(tree, ImageName.SharedPagemap(id));
        ulong size = Math.Max(viewed, pages.Runs.Count > 0 ? pages.Runs[^1].Range.End : 0);
        ulong start = map.FindHole(size, HoleAlignment, "hold shared memory in");
        var range = new AddressRange(start, start + size);
        map.Take(range);
        _held.Add(id, range);
        SyscallProgram program = tree.Root.Memory;
        program.Call($"map shared memory for all processes at 0x{start:x}", Expectation.Exactly(start), SyscallNumber.mmap,
            start, size, (int)ReadWrite, MappingPlan.Flags(view) | MAP_FIXED_NOREPLACE, -1, 0);
        ContentPlan.Fill(program, pages, Moved(pages.Runs, start), "shared memory");
        foreach (RestoreContext process in processes)
            process.Process.Call($"unmap 0x{start:x}", Expectation.Exactly(0), SyscallNumber.munmap, start, size);
    }

    /// <summary>What is taken up in every process until all of them have their views.</summary>
    public IEnumerable<AddressRange> Held => _held.Values;

    /// <summary>True the first time that a path is asked for.</summary>
    public bool IsNew(string path) => _checked.Add(path);

    /// <summary>A new descriptor of a memfd for a process to map. One that could not be made writable before must not be able to now.</summary>
    public (int Fd, string What, bool Close) OpenMemfd(RestoreContext context, ulong inodeId, bool write)
    {
        MemfdInodeEntry inode = tree.Images.MemfdInodes.FirstOrDefault(i => i.InodeId == inodeId)
            ?? throw new TorporException(FailureKind.ImageDamaged, $"memfd image: the inode {inodeId} is not there", "take the checkpoint again");
        _kept.TryFind(SharedObjectKind.Memfd, inodeId, out int kept);
        return FileMappingsRestore.Reopen(context.Memory, context.MemoryDescriptors, kept, $"memfd {inode.Name}", write);
    }

    /// <summary>
    /// Maps a process's anonymous shared memory. An object with one whole view is made in place. Otherwise it is made
    /// elsewhere first, and each view comes of mremap(2) with an old size of zero, which maps the same object once more.
    /// </summary>
    public void MapAnonymous(RestoreContext context, IReadOnlyList<RestoredMapping> mappings)
    {
        List<AnonymousObject> own = _anonymous[context] = [];
        foreach (IGrouping<uint, RestoredMapping> views in mappings.Where(m => m.State.Kind == MappingKind.AnonymousShared && m.NewParts().Any()).GroupBy(m => m.State.BackingId))
        {
            if (_held.TryGetValue(views.Key, out AddressRange held))
            {
                foreach (RestoredMapping view in views)
                {
                    view.MappedLate = true;
                    foreach (MappingState part in view.NewStates())
                        MapView(context, held.Start, part);
                }
                continue;
            }
            SavedPages pages = SavedPages.Load(tree, ImageName.SharedPagemap(views.Key));
            ulong size = Math.Max(views.Max(v => v.State.Offset + v.State.Length), pages.Runs.Count > 0 ? pages.Runs[^1].Range.End : 0);
            RestoredMapping first = views.First();
            bool whole = first.State.Offset == 0 && first.State.Length == size && !views.Skip(1).Any();
            own.Add(new AnonymousObject(size, pages, whole ? first : null, [.. views]));
            if (whole)
            {
                first.FilledAsShared = pages.Runs.Count > 0;
                MappingPlan.Map(context.Memory, first, "shared memory", fd: -1);
                continue;
            }
            foreach (RestoredMapping view in views)
                view.MappedLate = true;
        }
    }

    /// <summary>Reads the content of every object that the process alone has from the images.</summary>
    public void FillAnonymous(RestoreContext context, AddressSpaceMap map)
    {
        foreach (AnonymousObject item in _anonymous[context])
        {
            if (item.InPlace is { } view)
                ContentPlan.Fill(context.Memory, item.Pages, Moved(item.Pages.Runs, view.State.Start), "shared memory");
            else
                FillElsewhere(context, map, item);
        }
    }

    private static void FillElsewhere(RestoreContext context, AddressSpaceMap map, AnonymousObject item)
    {
        ulong hole = map.FindHole(item.Size, HoleAlignment, "rebuild shared memory in");
        context.Memory.Call($"map shared memory for a while at 0x{hole:x}", Expectation.Exactly(hole), SyscallNumber.mmap,
            hole, item.Size, (int)ReadWrite, MappingPlan.Flags(item.Views[0]) | MAP_FIXED_NOREPLACE, -1, 0);
        ContentPlan.Fill(context.Memory, item.Pages, Moved(item.Pages.Runs, hole), "shared memory");
        foreach (RestoredMapping view in item.Views)
            MapView(context, hole, view.State);
        context.Memory.Call($"unmap 0x{hole:x}", Expectation.Exactly(0), SyscallNumber.munmap, hole, item.Size);
    }

    private static void MapView(RestoreContext context, ulong whole, MappingState view)
    {
        context.Memory.Call($"map shared memory at {view.Range}", Expectation.Exactly(view.Start), SyscallNumber.mremap,
            whole + view.Offset, 0, view.Length, MREMAP_MAYMOVE | MREMAP_FIXED, view.Start);
        if (view.Protection != ReadWrite)
        {
            context.Memory.Call($"protect memory at {view.Range}", Expectation.Exactly(0), SyscallNumber.mprotect,
                view.Start, view.Length, (int)view.Protection);
        }
        MappingPlan.Advise(context.Memory, view);
    }

    /// <summary>Fills a new file and closes it.</summary>
    public static void FillFile(RestoreContext context, AddressSpaceMap map, int fd, string name, SavedPages pages)
    {
        if (pages.Runs.Count > 0)
            FillThroughMapping(context.Memory, map, fd, name, pages, UserMemory.PageSize);
        context.MemoryDescriptors.Close(context.Memory, fd);
    }

    private static void FillThroughMapping(SyscallProgram program, AddressSpaceMap map, int fd, string what, SavedPages pages, ulong alignment)
    {
        ulong first = pages.Runs[0].Range.Start & ~(alignment - 1);
        ulong length = (pages.Runs[^1].Range.End - first + alignment - 1) & ~(alignment - 1);
        ulong hole = map.FindHole(length, HoleAlignment, $"fill {what} in");
        program.Call($"map {what} for a while at 0x{hole:x}", Expectation.Exactly(hole), SyscallNumber.mmap,
            hole, length, (int)ReadWrite, MAP_SHARED | MAP_FIXED_NOREPLACE, fd, first);
        ContentPlan.Fill(program, pages, Moved(pages.Runs, unchecked(hole - first)), what);
        program.Call($"unmap 0x{hole:x}", Expectation.Exactly(0), SyscallNumber.munmap, hole, length);
    }

    private static IEnumerable<SavedRun> Moved(IEnumerable<SavedRun> runs, ulong distance) =>
        runs.Select(r => r with { Range = new AddressRange(unchecked(r.Range.Start + distance), unchecked(r.Range.End + distance)) });

    /// <summary>Adds the seals of memfds, once every process has its mappings.</summary>
    public void Seal()
    {
        RestoreContext root = tree.Root;
        foreach (MemfdInodeEntry inode in tree.Images.MemfdInodes)
        {
            // Made with it, see RestoredObjects.CreateMemfd.
            if (inode.Seals is 0 or RestoredObjects.F_SEAL_SEAL)
                continue;
            _kept.TryFind(SharedObjectKind.Memfd, inode.InodeId, out int kept);
            (int fd, string what, _) = FileMappingsRestore.Reopen(root.Process, root.Descriptors, kept, $"memfd {inode.Name}", write: true);
            root.Process.Call($"seal {what}", Expectation.Exactly(0), SyscallNumber.fcntl, fd, Fcntl.F_ADD_SEALS, inode.Seals);
            root.Descriptors.Close(root.Process, fd);
        }
    }
}
