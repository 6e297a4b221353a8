namespace Torpor.Images;

/// <summary>Writes a pagemap while the pages themselves go to their own file, in the same order.</summary>
public sealed class PagemapWriter : IDisposable
{
    /// <summary>Pages of one entry at most: a gibibyte, so that readers that count bytes in 32 bits stay right.</summary>
    private const ulong LongestRun = 1 << 18;

    private readonly Stream _stream;
    private readonly uint _pageSize;
    private ulong _end;
    private PagemapEntry? _last;

    /// <exception cref="ImageException">The disk is full, or the like.</exception>
    /// <param name="directory">To write to.</param>
    /// <param name="name"><see cref="ImageName.Pagemap"/> or <see cref="ImageName.SharedPagemap"/>.</param>
    /// <param name="pagesId">Names the pages file, see <see cref="ImageName.Pages"/>.</param>
    /// <param name="pageSize">In bytes.</param>
    public PagemapWriter(ImageDirectoryWriter directory, string name, uint pagesId, uint pageSize = 4096)
    {
        _pageSize = pageSize;
        _stream = directory.CreateFramed(name, ImageMagic.Pagemap);
        ImageFraming.WriteEntry(_stream, new PagemapHead { PagesId = pagesId });
    }

    /// <summary>How many pages the pages file holds for the runs so far.</summary>
    public ulong PresentPages { get; private set; }

    /// <summary>Adds pages; a run that continues the one before becomes part of it.</summary>
    /// <param name="address">At or above the end of the run before.</param>
    /// <param name="pages">How many.</param>
    /// <param name="flags">Where the contents are.</param>
    /// <exception cref="ImageException">The disk is full, or the like.</exception>
    public void Add(ulong address, ulong pages, PagemapFlags flags)
    {
        if (address < _end || address % _pageSize != 0)
            throw new ArgumentOutOfRangeException(nameof(address), $"0x{address:x} follows 0x{_end:x}");
        if ((flags & PagemapFlags.Present) != 0)
            PresentPages += pages;
        while (pages > 0)
        {
            ulong count;
            if (_last is not null && address == _end && (PagemapFlags)_last.Flags == flags && _last.NrPages < LongestRun)
            {
                count = Math.Min(pages, LongestRun - _last.NrPages);
            }
            else
            {
                WriteLast();
                count = Math.Min(pages, LongestRun);
                _last = new PagemapEntry { Vaddr = address, Flags = (uint)flags };
            }
            _last.NrPages += count;
            pages -= count;
            address += count * _pageSize;
            _end = address;
        }
    }

    /// <summary>Writes what is left and closes the file.</summary>
    /// <exception cref="ImageException">The disk is full, or the like.</exception>
    public void Complete()
    {
        WriteLast();
        _stream.Dispose();
    }

    public void Dispose() => _stream.Dispose();

    private void WriteLast()
    {
        if (_last is null)
            return;
        // Both numbers: readers up to CRIU 4.1 know only the first, later ones prefer the second.
        _last.CompatNrPages = (uint)_last.NrPages;
        ImageFraming.WriteEntry(_stream, _last);
        _last = null;
    }
}
