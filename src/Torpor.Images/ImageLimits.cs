namespace Torpor.Images;

/// <summary>
/// How much a reader believes. Sizes are checked against the length of the file first, so that a lying one allocates
/// nothing; these limits bound what a file that really is that long can make of memory.
/// </summary>
public static class ImageLimits
{
    /// <summary>One entry. The largest is mm.img's: 2^20 mappings, which distributions allow at most, of some 60 bytes each.</summary>
    public const int EntryLength = 128 << 20;

    /// <summary>Entries of a file that is read into a list: the kernel's ceiling of descriptors for a process (fs.nr_open) is 2^20.</summary>
    public const int EntryCount = 1 << 20;

    /// <summary>A file that is read into a list, payloads included. Pages and the contents of deleted files are streamed and have no limit.</summary>
    public const long FileLength = 1L << 30;
}
