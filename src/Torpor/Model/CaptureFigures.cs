namespace Torpor.Model;

/// <summary>What a capture counts for its report.</summary>
public sealed class CaptureFigures
{
    public long PagesScanned { get; set; }

    public long PagesWritten { get; set; }
}
