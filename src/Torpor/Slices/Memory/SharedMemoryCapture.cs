using Torpor.Images;
using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Linux.ProcFs;
using Torpor.Linux.Uapi;
using Torpor.Model;
using Torpor.Tracing;

namespace Torpor.Slices.Memory;

/// <summary>
/// Captures the content of shared memory of a tree: through a descriptor where there is one, else through the mappings. There the
/// target itself is asked with mincore(2) which pages exist, because reading a page that does not exist makes it.
/// </summary>
internal sealed class SharedMemoryCapture(CaptureTree tree)
{
    /// <summary>mincore's answer is a byte for each page: 128 GiB of mappings take 32 MiB.</summary>
    private const ulong MaximumAskedPages = 32 << 20;

    private const ulong PagesPerStep = 1 << 20;

    private sealed class Entry(SharedObject item)
    {
        public SharedObject Item { get; } = item;

        public List<(CaptureContext Process, ClassifiedMapping View)> Views { get; } = [];

        public List<ViewPart> Parts { get; set; } = [];

        /// <summary>The answers of mincore for the shared parts: part, offset into it, the step, and its vector.</summary>
        public List<(ViewPart Part, StepReference Step, DataReference Vector)> Asked { get; } = [];

        public string Name { get; set; } = "";

        public bool Sealable { get; set; }
    }

    private readonly SharedObjects _objects = SharedObjects.Of(tree);
    private readonly Dictionary<SharedObject, Entry> _entries = [];

    public void AddView(CaptureContext process, ClassifiedMapping view)
    {
        SharedObjectKind kind = view.Backing == MappingBacking.SharedAnonymous ? SharedObjectKind.Anonymous : SharedObjectKind.Memfd;
        Entry entry = EntryOf(_objects.Register(kind, view.Source.Device, view.Source.Inode));
        entry.Views.Add((process, view));
        entry.Name = NameOf(view);
        entry.Sealable = view.Backing == MappingBacking.Memfd;
    }

    /// <summary>A deleted file of which something else than a mapping tells.</summary>
    public SharedObject Deleted(DeviceId device, ulong inode, string path)
    {
        Entry entry = EntryOf(_objects.Register(SharedObjectKind.Memfd, device, inode));
        if (entry.Name.Length == 0)
            entry.Name = BaseName(path.EndsWith(" (deleted)", StringComparison.Ordinal) ? path[..^" (deleted)".Length] : path);
        return entry.Item;
    }

    private Entry EntryOf(SharedObject item)
    {
        if (!_entries.TryGetValue(item, out Entry? entry))
            _entries.Add(item, entry = new Entry(item));
        return entry;
    }

    private static string NameOf(ClassifiedMapping view) => view.Backing switch
    {
        MappingBacking.Memfd => view.Source.Name["/memfd:".Length..],
        MappingBacking.DeletedFile => BaseName(view.Source.Name),
        _ => "",
    };

    private static string BaseName(string path) => path[(path.LastIndexOf('/') + 1)..];

    public void Inspect()
    {
        ulong asked = 0;
        foreach (Entry entry in _entries.Values)
        {
            // Huge pages can't be mapped once more by mremap(2), which is how further views of shared memory come back.
            if (entry.Item.Kind == SharedObjectKind.Anonymous && entry.Views[0].View.State.Has(MappingTraits.HugePages) && (entry.Views.Count > 1 || entry.Views[0].View.State.Offset > 0))
                entry.Views[0].Process.Refusals.Add(MappingClassifier.Label(entry.Views[0].View.Source), "is one of several pieces of shared memory on huge pages", "it is not supported yet");
            if (entry.Item.Captured || entry.Item.Descriptor is not null || TryOpen(entry))
                continue;
            entry.Parts = SharedViews.Cover(entry.Views);
            asked += (ulong)entry.Parts.Sum(p => p.View.State.IsPrivate ? 0 : (long)((p.End - p.Start) / UserMemory.PageSize));
        }
        if (asked > MaximumAskedPages)
        {
            tree.Root.Refusals.Add("shared memory", $"of {asked >> 18} GiB is mapped and no descriptor of it is open",
                "give torpor the capability that lets it open such memory: sudo setcap cap_checkpoint_restore+ep /path/to/torpor");
        }
    }

    /// <summary>With CAP_CHECKPOINT_RESTORE the object can be opened, and its size and holes be seen.</summary>
    private bool TryOpen(Entry entry)
    {
        foreach ((CaptureContext process, ClassifiedMapping view) in entry.Views)
        {
            if (!FileCalls.TryOpen(process.Proc.PathOf($"map_files/{view.State.Start:x}-{view.State.End:x}"), Fcntl.O_RDONLY, out Fd? fd, out _))
                continue;
            if (FileCalls.Status(fd).Inode == entry.Item.Inode)
            {
                entry.Item.Descriptor = fd;
                return true;
            }
            fd.Dispose();
        }
        return false;
    }

    public void Ask()
    {
        foreach (Entry entry in _entries.Values)
        {
            foreach (ViewPart part in entry.Parts.Where(p => !p.View.State.IsPrivate))
            {
                SyscallProgram query = part.Process.Leader.Query;
                for (ulong at = part.Start; at < part.End;)
                {
                    var piece = new ViewPart(part.Process, part.View, at, Math.Min(part.End, at + (PagesPerStep * UserMemory.PageSize)));
                    DataReference vector = query.Space((int)((piece.End - piece.Start) / UserMemory.PageSize), 1);
                    StepReference step = query.Call($"ask which pages of shared memory at 0x{piece.Address:x} exist", Expectation.Any,
                        SyscallNumber.mincore, piece.Address, piece.End - piece.Start, vector);
                    entry.Asked.Add((piece, step, vector));
                    at = piece.End;
                }
            }
        }
    }

    /// <summary>Writes the content of every object that nobody else has captured, those without a mapping too.</summary>
    public void Capture(Func<CaptureContext, MemoryCapture> memory)
    {
        foreach (SharedObject item in _objects.Items)
        {
            using Fd? descriptor = item.Descriptor;
            item.Descriptor = null;
            if (item.Captured)
                continue;
            using var writer = new PageWriter(tree, ImageName.SharedPagemap(item.Id), _objects.NextPagesId());
            if (descriptor is not null)
                item.Size = Math.Max(writer.CopyFile(descriptor), ViewedSize(item));
            else if (_entries.TryGetValue(item, out Entry? entry))
                CopyViews(entry, writer, memory);
            writer.Finish();
            item.Captured = true;
        }
    }

    /// <summary>Anonymous memory is never smaller than what is mapped of it; a file may be.</summary>
    private ulong ViewedSize(SharedObject item) =>
        item.Kind == SharedObjectKind.Anonymous ? _entries[item].Views.Max(v => v.View.State.Offset + v.View.State.Length) : 0;

    private void CopyViews(Entry entry, PageWriter writer, Func<CaptureContext, MemoryCapture> memory)
    {
        entry.Item.Size = entry.Item.Kind == SharedObjectKind.Anonymous ? ViewedSize(entry.Item) : ReadableSize(entry.Parts);
        foreach (ViewPart part in entry.Parts)
        {
            if (part.Start >= entry.Item.Size)
                break;
            ViewPart readable = part with { End = Math.Min(part.End, entry.Item.Size) };
            IEnumerable<AddressRange> ranges = part.View.State.IsPrivate
                ? PageRuns.Complement(readable.Addresses, PageRuns.Within(memory(part.Process).PagesOf(part.View).Own, readable.Addresses))
                : Existing(entry, readable);
            writer.Copy(PageSource.Of(part.Process), ranges, keepZero: false, readable.Relocation);
        }
    }

    private IEnumerable<AddressRange> Existing(Entry entry, ViewPart part)
    {
        // mincore calls a page of shared memory that is swapped out absent: then every page is read, at the price of making
        // those that did not exist.
        bool swapped = entry.Views.Any(v => v.View.Source.SwapKb > 0);
        foreach ((ViewPart piece, StepReference step, DataReference vector) in entry.Asked)
        {
            if (piece.View != part.View || piece.Process != part.Process || piece.Start < part.Start || piece.Start >= part.End)
                continue;
            ulong end = Math.Min(piece.End, part.End);
            ProgramResult answers = part.Process.Leader.Answers!;
            if (swapped || answers[step].IsError)
            {
                yield return new AddressRange(piece.Address, piece.Address + (end - piece.Start));
                continue;
            }
            byte[] pages = answers[vector][..(int)((end - piece.Start) / UserMemory.PageSize)].ToArray();
            foreach (AddressRange range in SharedViews.Resident(pages, piece.Address))
                yield return range;
        }
    }

    /// <summary>The size of a file that only mappings show, in whole pages: a page behind its end can't be read.</summary>
    private static ulong ReadableSize(List<ViewPart> parts)
    {
        byte[] page = new byte[UserMemory.PageSize];
        for (int i = parts.Count - 1; i >= 0; i--)
        {
            var source = PageSource.Of(parts[i].Process);
            ulong low = 0, high = (parts[i].End - parts[i].Start) / UserMemory.PageSize;
            if (source.TryReadPage(parts[i].Address + (high - 1) * UserMemory.PageSize, page))
                return parts[i].End;
            while (low < high)
            {
                ulong middle = (low + high) / 2;
                if (source.TryReadPage(parts[i].Address + middle * UserMemory.PageSize, page))
                    low = middle + 1;
                else
                    high = middle;
            }
            if (low > 0)
                return parts[i].Start + low * UserMemory.PageSize;
        }
        return 0;
    }

    /// <summary>What a mapping names: the object's number, or for a file its description.</summary>
    public uint ImageId(ClassifiedMapping mapping)
    {
        SharedObject item = _objects.Find(mapping.Source.Device, mapping.Source.Inode)!;
        return item.Kind == SharedObjectKind.Anonymous ? item.Id : FileId(item);
    }

    /// <summary>A description of the object: the one that a descriptor gave it, or one for the mappings alone.</summary>
    public uint FileId(SharedObject item)
    {
        if (item.FileId != 0)
            return item.FileId;
        Entry entry = _entries[item];
        ProcStatus status = tree.Root.Proc.Status();
        var inode = new MemfdInodeEntry
        {
            Name = entry.Name,
            Uid = status.Uids.FileSystem,
            Gid = status.Gids.FileSystem,
            Size = item.Size,
            Shmid = item.Id,
            // Nobody can ask for the seals of a memfd without a descriptor; mappings don't depend on them any more.
            Seals = entry.Sealable ? 0 : RestoredObjects.F_SEAL_SEAL,
            InodeId = item.Id,
        };
        if (entry.Views.Count > 0 && entry.Views[0].View.Source.Has(VmFlags.HugeTlb))
            inode.HugetlbFlag = (uint)entry.Views[0].View.State.HugePageShift << Linux.Uapi.Mman.MAP_HUGE_SHIFT;
        tree.Images.MemfdInodes.Add(inode);
        var file = new MemfdFileEntry { Flags = Fcntl.O_RDWR, Pos = 0, Fown = MappedFiles.NoOwner(), InodeId = item.Id };
        file.Id = item.FileId = tree.Images.AddFile(new FileEntry { Type = FdTypes.Memfd, Memfd = file });
        return item.FileId;
    }
}
