namespace Torpor.Images;

/// <summary>Where the contents of a run of pages are. CRIU's bits.</summary>
[Flags]
public enum PagemapFlags : uint
{
    None = 0,

    /// <summary>In the images that this checkpoint is an increment of.</summary>
    Parent = 1 << 0,

    /// <summary>May be brought in after the process runs.</summary>
    Lazy = 1 << 1,

    /// <summary>In the pages file.</summary>
    Present = 1 << 2,
}
