namespace Torpor.Images;

/// <summary>A part of a deleted file; what no chunk covers is a hole.</summary>
/// <param name="Offset">Bytes from the start of the deleted file.</param>
/// <param name="Length">In bytes.</param>
/// <param name="ImageOffset">Where the bytes are in the image.</param>
public readonly record struct GhostChunk(long Offset, long Length, long ImageOffset);
