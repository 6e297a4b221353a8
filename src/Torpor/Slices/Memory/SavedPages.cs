using Microsoft.Win32.SafeHandles;
using Torpor.Images;
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
    private readonly RestoreTree _tree;
    private readonly string _pagesName;
    private int _descriptor = -1;
    private SafeFileHandle? _file;

    private SavedPages(RestoreTree tree, string pagesName, List<SavedRun> runs)
    {
        _tree = tree;
        _pagesName = pagesName;
        Runs = runs;
    }

    /// <summary>Ascending.</summary>
    public IReadOnlyList<SavedRun> Runs { get; }

    /// <summary>Reads from the pages file.</summary>
    public void ReadHere(ulong offset, Span<byte> buffer)
    {
        _file ??= _tree.Input.OpenRaw(_pagesName);
        while (!buffer.IsEmpty)
        {
            int read = RandomAccess.Read(_file, buffer, (long)offset);
            if (read == 0)
                throw new TorporException(FailureKind.ImageDamaged, $"{_pagesName} ends before the pages that its pagemap names", "take the checkpoint again");
            buffer = buffer[read..];
            offset += (ulong)read;
        }
    }

    /// <summary>The pages file's descriptor in the task; it is handed down when first asked for.</summary>
    public int Descriptor
    {
        get
        {
            if (_descriptor < 0)
            {
                using var file = new Fd((int)_tree.Input.OpenRaw(_pagesName).DangerousGetHandle());
                try
                {
                    _descriptor = _tree.Layout.Pass(FileCalls.Duplicate(file));
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

    /// <summary>Reads a pagemap; an object without one has no pages, unless it always has one.</summary>
    /// <exception cref="ImageException">It is not right.</exception>
    public static SavedPages Load(RestoreTree tree, string name, bool required = false)
    {
        var runs = new List<SavedRun>();
        if (!required && !tree.Input.Exists(name))
            return new SavedPages(tree, "", runs);
        using PagemapReader reader = PagemapReader.Open(tree.Input, name);
        ulong pages = 0;
        foreach (PagemapRun run in reader.Runs())
        {
            if ((run.Flags & PagemapFlags.Parent) != 0)
                throw new TorporException(FailureKind.Refused, $"{name} needs the images of an earlier checkpoint", "incremental images are not supported yet");
            if ((run.Flags & PagemapFlags.Present) == 0)
                continue;
            runs.Add(new SavedRun(new AddressRange(run.Address, run.Address + (run.Pages * UserMemory.PageSize)), (ulong)run.FileOffset));
            pages += run.Pages;
        }
        tree.State.GetOrAdd<RestoreFigures>().PagesRestored += (long)pages;
        return new SavedPages(tree, reader.PagesName, runs);
    }
}
