namespace Torpor.Model;

/// <summary>How much memory a capture or restore went through, for reports and for progress.</summary>
public sealed class MemoryFigures
{
    /// <summary>Told of pages done; set by the engine before the slices run.</summary>
    public IProgress<ProgressStep>? Progress { get; set; }

    /// <summary>Pages that the process has of its own, or shares with no file.</summary>
    public long PagesScanned { get; set; }

    /// <summary>Pages that went into the images: those scanned that are not zero.</summary>
    public long PagesWritten { get; set; }

    /// <summary>Pages that the plan reads from the images.</summary>
    public long PagesRestored { get; set; }
}
