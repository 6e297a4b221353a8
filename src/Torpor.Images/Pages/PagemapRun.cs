namespace Torpor.Images;

/// <summary>A run of pages of one address space or shared memory object.</summary>
/// <param name="Address">Of the first page; in a shared object, bytes from its start.</param>
/// <param name="Pages">How many.</param>
/// <param name="Flags">Where the contents are.</param>
/// <param name="FileOffset">Where they begin in the pages file, in bytes; without meaning for a run that is not present.</param>
public readonly record struct PagemapRun(ulong Address, ulong Pages, PagemapFlags Flags, long FileOffset);
