using Torpor.Images;
using Torpor.Linux;
using Torpor.Model;

namespace Torpor.Slices.Memory;

/// <summary>Writes one pagemap with its pages file: runs of pages in ascending order, zero pages left out.</summary>
internal sealed class PageWriter : IDisposable
{
    /// <summary>How much is read at once; bounds the tool's memory.</summary>
    private const int BufferSize = 4 << 20;

    private const int PageSize = (int)UserMemory.PageSize;

    private readonly PagemapWriter _pagemap;
    private readonly CaptureFigures _figures;
    private readonly IProgress<ProgressStep>? _progress;
    private readonly Stream _pages;
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(BufferSize);

    public PageWriter(CaptureTree tree, string name, uint pagesId)
    {
        _figures = tree.State.GetOrAdd<CaptureFigures>();
        _progress = tree.Progress;
        _pagemap = new PagemapWriter(tree.Output, name, pagesId);
        _pages = tree.Output.CreateRaw(ImageName.Pages(pagesId));
    }

    /// <summary>Copies ranges of the target's memory.</summary>
    /// <param name="source">The memory.</param>
    /// <param name="ranges">Ascending, whole pages.</param>
    /// <param name="keepZero">Store zero pages too: they hide a file's.</param>
    /// <param name="relocate">Added to each address, modulo 2^64, for the pagemap of a shared object.</param>
    public void Copy(PageSource source, IEnumerable<AddressRange> ranges, bool keepZero, ulong relocate = 0)
    {
        var batch = new List<RemoteRange>();
        ulong filled = 0;
        foreach (AddressRange range in ranges)
        {
            for (ulong at = range.Start; at < range.End;)
            {
                ulong length = Math.Min(range.End - at, BufferSize - filled);
                batch.Add(new RemoteRange(new RemoteAddress(at), length));
                filled += length;
                at += length;
                if (filled < BufferSize && batch.Count < MemoryCalls.MaximumRanges)
                    continue;
                Flush(source, batch, (int)filled, keepZero, relocate);
                filled = 0;
            }
        }
        Flush(source, batch, (int)filled, keepZero, relocate);
    }

    private void Flush(PageSource source, List<RemoteRange> batch, int length, bool keepZero, ulong relocate)
    {
        if (length == 0)
            return;
        source.Read(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(batch), _buffer.AsSpan(0, length));
        ReadOnlySpan<byte> bytes = _buffer.AsSpan(0, length);
        foreach (RemoteRange range in batch)
        {
            Add(unchecked(range.Start.Value + relocate), bytes[..(int)range.Length], keepZero);
            bytes = bytes[(int)range.Length..];
        }
        batch.Clear();
        _progress?.Report(new ProgressStep("writing memory", _figures.PagesScanned, _figures.PagesExpected));
    }

    /// <summary>Copies a file's data from a descriptor, holes left out.</summary>
    /// <returns>The file's size in bytes.</returns>
    public ulong CopyFile(Fd file)
    {
        long size = FileCalls.Status(file).Size;
        long at = 0;
        while (at < size && FileCalls.TrySeekData(file, at, out long data))
        {
            long end = Math.Min(size, FileCalls.SeekHole(file, data));
            for (at = Math.Max(at, data & -PageSize); at < end;)
            {
                int wanted = (int)Math.Min(BufferSize, (end - at + PageSize - 1) & -PageSize);
                int length = ReadFully(file, _buffer.AsSpan(0, wanted), at);
                // The last page of a file ends in zeros, as a mapping of it shows.
                int whole = (length + PageSize - 1) & -PageSize;
                _buffer.AsSpan(length, whole - length).Clear();
                Add((ulong)at, _buffer.AsSpan(0, whole), keepZero: false);
                at += whole;
                if (length < wanted)
                    return (ulong)size;
            }
        }
        return (ulong)size;
    }

    private static int ReadFully(Fd file, Span<byte> buffer, long offset)
    {
        int done = 0;
        while (done < buffer.Length)
        {
            int read = FileCalls.ReadAt(file, buffer[done..], offset + done);
            if (read == 0)
                break;
            done += read;
        }
        return done;
    }

    /// <summary>Adds whole pages at an address above all before.</summary>
    public void Add(ulong address, ReadOnlySpan<byte> pages, bool keepZero)
    {
        _figures.PagesScanned += pages.Length / PageSize;
        if (keepZero)
        {
            Write(address, pages);
            return;
        }
        while (!pages.IsEmpty)
        {
            int first = pages.IndexOfAnyExcept((byte)0);
            if (first < 0)
                return;
            int start = first & -PageSize;
            int end = start + PageSize;
            while (end < pages.Length && pages.Slice(end, PageSize).ContainsAnyExcept((byte)0))
                end += PageSize;
            Write(address + (ulong)start, pages[start..end]);
            address += (ulong)end;
            pages = pages[end..];
        }
    }

    private void Write(ulong address, ReadOnlySpan<byte> pages)
    {
        _pages.Write(pages);
        ulong count = (ulong)(pages.Length / PageSize);
        _figures.PagesWritten += (long)count;
        _pagemap.Add(address, count, PagemapFlags.Present);
    }

    /// <summary>Closes both files.</summary>
    public void Finish()
    {
        _pages.Dispose();
        _pagemap.Complete();
    }

    public void Dispose()
    {
        _pages.Dispose();
        _pagemap.Dispose();
    }
}
