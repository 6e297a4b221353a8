namespace Torpor.Images;

/// <summary>Reads a pagemap and finds each run's place in the pages file.</summary>
public sealed class PagemapReader : IDisposable
{
    private const PagemapFlags Known = PagemapFlags.Parent | PagemapFlags.Lazy | PagemapFlags.Present;

    private readonly ImageDirectoryReader _directory;
    private readonly ImageFileReader _file;
    private readonly string _path;
    private readonly uint _pageSize;
    private bool _enumerated;

    private PagemapReader(ImageDirectoryReader directory, ImageFileReader file, string path, uint pagesId, uint pageSize)
    {
        _directory = directory;
        _file = file;
        _path = path;
        _pageSize = pageSize;
        PagesName = ImageName.Pages(pagesId);
    }

    /// <summary>The file with the pages, for <see cref="ImageDirectoryReader.OpenRaw"/>.</summary>
    public string PagesName { get; }

    /// <exception cref="ImageException">The file is missing or no pagemap.</exception>
    public static PagemapReader Open(ImageDirectoryReader directory, string name, uint pageSize = 4096)
    {
        ImageFileReader file = directory.OpenFramed(name, ImageMagic.Pagemap);
        try
        {
            string path = directory.PathOf(name);
            if (!file.TryReadEntry(PagemapHead.Parser, out PagemapHead head))
                throw ImageException.Damaged(path, file.Position, "the file is cut short: the id of the pages file is missing");
            return new PagemapReader(directory, file, path, head.PagesId, pageSize);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>
    /// The runs, in ascending order, while the file is read: can be enumerated once. Only at the end is it known that the
    /// pages file has as many pages as the runs say.
    /// </summary>
    /// <exception cref="ImageException">From the enumeration: a run or the pages file is not right.</exception>
    public IEnumerable<PagemapRun> Runs()
    {
        if (_enumerated)
            throw new InvalidOperationException("the runs can be read once");
        _enumerated = true;
        return ReadRuns();
    }

    public void Dispose() => _file.Dispose();

    private IEnumerable<PagemapRun> ReadRuns()
    {
        ulong end = 0;
        ulong present = 0;
        long position = _file.Position;
        while (_file.TryReadEntry(PagemapEntry.Parser, out PagemapEntry entry))
        {
            ulong pages = entry.HasNrPages ? entry.NrPages : entry.CompatNrPages;
            PagemapFlags flags = FlagsOf(entry);
            Check(entry, pages, flags, end, position);
            // The product is in range: Check saw that the run ends below 2^64.
            ulong length = pages * _pageSize;
            bool inFile = (flags & PagemapFlags.Present) != 0;
            if (inFile && length > (ulong)long.MaxValue - present)
                throw ImageException.Damaged(_path, position, "the runs say more pages than a file can hold");
            yield return new PagemapRun(entry.Vaddr, pages, flags, (long)present);
            end = entry.Vaddr + length;
            present += inFile ? length : 0;
            position = _file.Position;
        }
        long actual = _directory.RawLength(PagesName);
        if ((ulong)actual != present)
            throw ImageException.Damaged(_directory.PathOf(PagesName), null, $"the file has {actual} bytes, and {Path.GetFileName(_path)} says {present}");
    }

    /// <summary>Images from before the flags existed have a mark for pages of the parent, and all others are present.</summary>
    private static PagemapFlags FlagsOf(PagemapEntry entry)
    {
        if (entry.InParent)
            return (PagemapFlags)entry.Flags | PagemapFlags.Parent;
        return entry.HasFlags ? (PagemapFlags)entry.Flags : PagemapFlags.Present;
    }

    private void Check(PagemapEntry entry, ulong pages, PagemapFlags flags, ulong end, long position)
    {
        if ((flags & ~Known) != 0 || entry.Blocks is not null)
            throw new ImageException(ImageFailure.Foreign, _path, position, "the pages are stored in a way that is not known here: compressed or aligned");
        if ((flags & PagemapFlags.Present) != 0 && (flags & PagemapFlags.Parent) != 0)
            throw ImageException.Damaged(_path, position, "a run is both in this image and in its parent");
        if (entry.Vaddr % _pageSize != 0)
            throw ImageException.Damaged(_path, position, $"the address 0x{entry.Vaddr:x} is not that of a page");
        if (entry.Vaddr < end)
            throw ImageException.Damaged(_path, position, $"the run at 0x{entry.Vaddr:x} begins before the end of the one before, 0x{end:x}");
        if (pages == 0 || pages > (ulong.MaxValue - entry.Vaddr) / _pageSize)
            throw ImageException.Damaged(_path, position, $"a run of {pages} pages at 0x{entry.Vaddr:x}");
    }
}
