namespace Torpor.Model;

/// <summary>What a capture counts for its report.</summary>
public sealed class CaptureFigures
{
    public long PagesScanned { get; set; }

    /// <summary>For progress: those to scan in all, as far as it is known yet.</summary>
    public long PagesExpected { get; set; }

    public long PagesWritten { get; set; }
}
