namespace Torpor.Images;

/// <summary>Writes the image of a deleted file: its attributes, and its data in chunks, so that holes cost nothing.</summary>
public sealed class GhostFileWriter : IDisposable
{
    private readonly Stream _stream;
    private readonly GhostFileEntry _entry;

    /// <exception cref="ImageException">The disk is full, or the like.</exception>
    /// <param name="directory">To write to.</param>
    /// <param name="remapId">The ghost's id, which remap-fpath.img refers to.</param>
    /// <param name="entry">The attributes. With <c>chunks</c> set, chunks follow; without, the file has no data, as a FIFO.</param>
    public GhostFileWriter(ImageDirectoryWriter directory, uint remapId, GhostFileEntry entry)
    {
        _entry = entry;
        _stream = directory.CreateFramed(ImageName.GhostFile(remapId), ImageMagic.GhostFile);
        ImageFraming.WriteEntry(_stream, entry);
    }

    /// <summary>Adds data.</summary>
    /// <param name="offset">Bytes from the start of the deleted file.</param>
    /// <param name="data">What is there.</param>
    /// <exception cref="ImageException">The disk is full, or the like.</exception>
    public void WriteChunk(long offset, ReadOnlySpan<byte> data)
    {
        if (!_entry.Chunks)
            throw new InvalidOperationException("this ghost has no data");
        ImageFraming.WriteEntry(_stream, new GhostChunkEntry { Off = (ulong)offset, Len = (ulong)data.Length });
        _stream.Write(data);
    }

    /// <summary>Closes the file.</summary>
    /// <exception cref="ImageException">The disk is full, or the like.</exception>
    public void Complete() => _stream.Dispose();

    public void Dispose() => _stream.Dispose();
}
