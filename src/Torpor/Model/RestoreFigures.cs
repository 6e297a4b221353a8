namespace Torpor.Model;

/// <summary>What a restore counts for its report.</summary>
public sealed class RestoreFigures
{
    public long PagesRestored { get; set; }
}
