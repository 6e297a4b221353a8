using Torpor.Images;
using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Linux.ProcFs;
using Torpor.Linux.Uapi;
using Torpor.Model;
using Torpor.Tracing;
using static Torpor.Linux.Uapi.Mman;

namespace Torpor.Slices.Memory;

/// <summary>Brings back shared objects with their content: anonymous shared memory and memfds.</summary>
internal sealed class SharedMemoryRestore(RestoreContext context, AddressSpaceMap map, IReadOnlyList<RestoredMapping> mappings)
{
    private const ProtectionFlags ReadWrite = ProtectionFlags.PROT_READ | ProtectionFlags.PROT_WRITE;

    /// <summary>Aligned for huge pages of the two sizes of x86-64, so that they can be used.</summary>
    private const ulong HoleAlignment = 1 << 30;

    private readonly RestoredObjects _kept = RestoredObjects.Of(context);

    /// <summary>The descriptors of memfds that this slice makes, to be closed at the end, by inode id.</summary>
    private readonly Dictionary<ulong, int> _own = [];

    private readonly List<AnonymousObject> _anonymous = [];

    /// <summary>An object of anonymous shared memory; <c>InPlace</c> is its only view when that shows all of it.</summary>
    private sealed record AnonymousObject(ulong Size, SavedPages Pages, RestoredMapping? InPlace, IReadOnlyList<RestoredMapping> Views);

    /// <summary>A descriptor of a memfd: this slice's own, or a new one of the one that is kept.</summary>
    public (int Fd, string What, bool Close) OpenMemfd(ulong inodeId, bool write)
    {
        MemfdInodeEntry inode = InodeOf(inodeId);
        string what = $"memfd {inode.Name}";
        if (_kept.TryFind(SharedObjectKind.Memfd, inodeId, out int kept))
            return FileMappingsRestore.Reopen(context, kept, what, write);
        if (!_own.TryGetValue(inodeId, out int own))
            _own.Add(inodeId, own = RestoredObjects.CreateMemfd(context, inode));
        // A mapping of a descriptor open for writing may be made writable; one that could not be before must not be able to now.
        return write ? (own, what, false) : FileMappingsRestore.Reopen(context, own, what, write: false);
    }

    private MemfdInodeEntry InodeOf(ulong inodeId) =>
        context.Images.MemfdInodes.FirstOrDefault(i => i.InodeId == inodeId)
        ?? throw new TorporException(FailureKind.ImageDamaged, $"memfd image: the inode {inodeId} is not there", "take the checkpoint again");

    /// <summary>
    /// Maps anonymous shared memory. An object with one whole view is made in place. Otherwise it is made elsewhere first,
    /// and each view comes of mremap(2) with an old size of zero, which maps the same object once more.
    /// </summary>
    public void MapAnonymous()
    {
        foreach (IGrouping<uint, RestoredMapping> views in mappings.Where(m => m.State.Kind == MappingKind.AnonymousShared).GroupBy(m => m.State.BackingId))
        {
            SavedPages pages = SavedPages.Load(context, ImageName.SharedPagemap(views.Key));
            ulong size = Math.Max(views.Max(v => v.State.Offset + v.State.Length), pages.Runs.Count > 0 ? pages.Runs[^1].Range.End : 0);
            RestoredMapping first = views.First();
            bool whole = first.State.Offset == 0 && first.State.Length == size && !views.Skip(1).Any();
            _anonymous.Add(new AnonymousObject(size, pages, whole ? first : null, [.. views]));
            if (whole)
            {
                first.FilledAsShared = pages.Runs.Count > 0;
                MappingPlan.Map(context.Process, first, "shared memory", fd: -1);
                continue;
            }
            foreach (RestoredMapping view in views)
                view.MappedLate = true;
        }
    }

    /// <summary>Reads the content of every object from the images.</summary>
    public void Fill()
    {
        foreach (AnonymousObject item in _anonymous)
        {
            if (item.InPlace is { } view)
                ContentPlan.Fill(context.Process, item.Pages, Moved(item.Pages.Runs, view.State.Start), "shared memory");
            else
                FillElsewhere(item);
        }
        foreach (MemfdInodeEntry inode in context.Images.MemfdInodes)
            FillMemfd(inode);
    }

    private void FillElsewhere(AnonymousObject item)
    {
        ulong hole = map.FindHole(item.Size, HoleAlignment, "rebuild shared memory in");
        context.Process.Call($"map shared memory for a while at 0x{hole:x}", Expectation.Exactly(hole), SyscallNumber.mmap,
            hole, item.Size, (int)ReadWrite, MappingPlan.Flags(item.Views[0]) | MAP_FIXED_NOREPLACE, -1, 0);
        ContentPlan.Fill(context.Process, item.Pages, Moved(item.Pages.Runs, hole), "shared memory");
        foreach (RestoredMapping view in item.Views)
            MapView(hole, view.State);
        context.Process.Call($"unmap 0x{hole:x}", Expectation.Exactly(0), SyscallNumber.munmap, hole, item.Size);
    }

    private void MapView(ulong whole, MappingState view)
    {
        context.Process.Call($"map shared memory at {view.Range}", Expectation.Exactly(view.Start), SyscallNumber.mremap,
            whole + view.Offset, 0, view.Length, MREMAP_MAYMOVE | MREMAP_FIXED, view.Start);
        if (view.Protection != ReadWrite)
        {
            context.Process.Call($"protect memory at {view.Range}", Expectation.Exactly(0), SyscallNumber.mprotect,
                view.Start, view.Length, (int)view.Protection);
        }
        MappingPlan.Advise(context.Process, view);
    }

    private void FillMemfd(MemfdInodeEntry inode)
    {
        SavedPages pages = SavedPages.Load(context, ImageName.SharedPagemap(inode.Shmid));
        if (pages.Runs.Count == 0)
            return;
        if (pages.Runs[^1].Range.End > ((inode.Size + UserMemory.PageSize - 1) & ~(UserMemory.PageSize - 1)))
            throw new TorporException(FailureKind.ImageDamaged, $"{ImageName.SharedPagemap(inode.Shmid)}: pages lie behind the end of the memfd {inode.Name}", "take the checkpoint again");
        (int fd, string what, bool close) = OpenMemfd(inode.InodeId, write: true);
        FillThroughMapping(fd, what, pages, inode.HasHugetlbFlag ? 1UL << (int)(inode.HugetlbFlag >> MAP_HUGE_SHIFT & 0x3f) : UserMemory.PageSize);
        if (close)
            context.Descriptors.Close(context.Process, fd);
    }

    /// <summary>Fills a new file and closes it.</summary>
    public void FillFile(int fd, string name, SavedPages pages)
    {
        if (pages.Runs.Count > 0)
            FillThroughMapping(fd, name, pages, UserMemory.PageSize);
        context.Descriptors.Close(context.Process, fd);
    }

    private void FillThroughMapping(int fd, string what, SavedPages pages, ulong alignment)
    {
        ulong first = pages.Runs[0].Range.Start & ~(alignment - 1);
        ulong length = (pages.Runs[^1].Range.End - first + alignment - 1) & ~(alignment - 1);
        ulong hole = map.FindHole(length, HoleAlignment, $"fill {what} in");
        context.Process.Call($"map {what} for a while at 0x{hole:x}", Expectation.Exactly(hole), SyscallNumber.mmap,
            hole, length, (int)ReadWrite, MAP_SHARED | MAP_FIXED_NOREPLACE, fd, first);
        ContentPlan.Fill(context.Process, pages, Moved(pages.Runs, unchecked(hole - first)), what);
        context.Process.Call($"unmap 0x{hole:x}", Expectation.Exactly(0), SyscallNumber.munmap, hole, length);
    }

    private static IEnumerable<SavedRun> Moved(IEnumerable<SavedRun> runs, ulong distance) =>
        runs.Select(r => r with { Range = new AddressRange(unchecked(r.Range.Start + distance), unchecked(r.Range.End + distance)) });

    /// <summary>Adds the seals of memfds, and closes those descriptors that only this slice needed.</summary>
    public void Seal()
    {
        foreach (MemfdInodeEntry inode in context.Images.MemfdInodes)
        {
            // Made with it, see RestoredObjects.CreateMemfd.
            if (inode.Seals is 0 or RestoredObjects.F_SEAL_SEAL)
                continue;
            (int fd, string what, bool close) = OpenMemfd(inode.InodeId, write: true);
            context.Process.Call($"seal {what}", Expectation.Exactly(0), SyscallNumber.fcntl, fd, Fcntl.F_ADD_SEALS, inode.Seals);
            if (close)
                context.Descriptors.Close(context.Process, fd);
        }
        foreach (int fd in _own.Values)
            context.Descriptors.Close(context.Process, fd);
    }
}
