using Torpor.Images;
using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Model;

namespace Torpor.Slices.Memory;

/// <summary>Pages side by side in the pages file and in memory.</summary>
/// <param name="Range">Where they belong: addresses, or offsets in a shared object.</param>
/// <param name="FileOffset">Where they are in the pages file, in bytes.</param>
internal readonly record struct SavedRun(AddressRange Range, ulong FileOffset)
{
    /// <summary>The part of the run in a range that it overlaps.</summary>
    public SavedRun Within(AddressRange other)
    {
        ulong start = Math.Max(Range.Start, other.Start);
        return new SavedRun(new AddressRange(start, Math.Min(Range.End, other.End)), FileOffset + (start - Range.Start));
    }
}

/// <summary>One pagemap: which pages are in the image, and where.</summary>
internal sealed class SavedPages
{
    private const uint PE_PARENT = 1 << 0;

    private readonly RestoreContext _context;
    private readonly uint _pagesId;
    private int _descriptor = -1;

    private SavedPages(RestoreContext context, uint pagesId, List<SavedRun> runs)
    {
        _context = context;
        _pagesId = pagesId;
        Runs = runs;
    }

    /// <summary>Ascending.</summary>
    public IReadOnlyList<SavedRun> Runs { get; }

    /// <summary>The pages file's descriptor in the task; it is handed down when first asked for.</summary>
    public int Descriptor
    {
        get
        {
            if (_descriptor < 0)
            {
                using var file = new Fd((int)_context.Input.OpenRaw(ImageName.Pages(_pagesId)).DangerousGetHandle());
                try
                {
                    _descriptor = _context.Descriptors.Pass(FileCalls.Duplicate(file));
                }
                finally
                {
                    // The reader owns it.
                    file.Release();
                }
            }
            return _descriptor;
        }
    }

    /// <summary>Reads and checks a pagemap; an image without one has no pages.</summary>
    public static SavedPages Load(RestoreContext context, string name)
    {
        if (!context.Input.Exists(name))
            return new SavedPages(context, 0, []);
        (PagemapHead head, IReadOnlyList<PagemapEntry> entries) = PagemapFile.Read(context.Input, name);
        ulong available = (ulong)context.Input.RawLength(ImageName.Pages(head.PagesId));
        var runs = new List<SavedRun>(entries.Count);
        ulong offset = 0, last = 0;
        foreach (PagemapEntry entry in entries)
        {
            if (entry.InParent || (entry.Flags & PE_PARENT) != 0)
                throw new TorporException(FailureKind.Refused, $"{name} needs the images of an earlier checkpoint", "incremental images are not supported yet");
            ulong length = entry.NrPages * UserMemory.PageSize;
            ulong end = unchecked(entry.Vaddr + length);
            if (entry.Vaddr % UserMemory.PageSize != 0 || entry.Vaddr < last || end <= entry.Vaddr)
                throw Damaged(name, $"the entry for 0x{entry.Vaddr:x} is empty, not aligned or out of order");
            last = end;
            // CRIU's older images have no flags; newer ones name pages that are not there.
            if (entry.HasFlags && (entry.Flags & PageWriter.PE_PRESENT) == 0)
                continue;
            if (length > available - offset)
                throw Damaged(name, $"{ImageName.Pages(head.PagesId)} ends before the pages at 0x{entry.Vaddr:x}");
            runs.Add(new SavedRun(new AddressRange(entry.Vaddr, end), offset));
            offset += length;
        }
        if (offset != available)
            throw Damaged(name, $"{ImageName.Pages(head.PagesId)} has {available} bytes and {offset} are named");
        context.State.GetOrAdd<RestoreFigures>().PagesRestored += (long)(offset / UserMemory.PageSize);
        return new SavedPages(context, head.PagesId, runs);
    }

    private static TorporException Damaged(string name, string what) =>
        new(FailureKind.ImageDamaged, $"{name}: {what}", "take the checkpoint again");
}
