using Microsoft.Win32.SafeHandles;

namespace Torpor.Images;

/// <summary>The image of a deleted file.</summary>
public sealed class GhostFileReader
{
    private GhostFileReader(GhostFileEntry entry, IReadOnlyList<GhostChunk> chunks, SafeFileHandle image)
    {
        Entry = entry;
        Chunks = chunks;
        Image = image;
    }

    /// <summary>The attributes.</summary>
    public GhostFileEntry Entry { get; }

    /// <summary>In the order of the image.</summary>
    public IReadOnlyList<GhostChunk> Chunks { get; }

    /// <summary>Read the chunks' bytes from here; belongs to the directory's reader.</summary>
    public SafeFileHandle Image { get; }

    /// <exception cref="ImageException">The file is missing or not right.</exception>
    /// <param name="directory">To read from.</param>
    /// <param name="remapId">The ghost's id in remap-fpath.img.</param>
    public static GhostFileReader Open(ImageDirectoryReader directory, uint remapId)
    {
        string name = ImageName.GhostFile(remapId);
        string path = directory.PathOf(name);
        using ImageFileReader file = directory.OpenFramed(name, ImageMagic.GhostFile);
        if (!file.TryReadEntry(GhostFileEntry.Parser, out GhostFileEntry entry))
            throw ImageException.Damaged(path, file.Position, "the file has no entry");
        var chunks = new List<GhostChunk>();
        if (entry.Chunks)
            ReadChunks(file, path, entry, chunks);
        else if (file.Remaining > 0)
            chunks.Add(new GhostChunk(0, file.Remaining, file.Position));
        return new GhostFileReader(entry, chunks, directory.OpenRaw(name));
    }

    private static void ReadChunks(ImageFileReader file, string path, GhostFileEntry entry, List<GhostChunk> chunks)
    {
        long limit = entry.HasSize && entry.Size <= long.MaxValue ? (long)entry.Size : long.MaxValue;
        long position = file.Position;
        while (file.TryReadEntry(GhostChunkEntry.Parser, out GhostChunkEntry chunk))
        {
            if (chunks.Count == ImageLimits.EntryCount)
                throw ImageException.Damaged(path, position, $"there are more than {ImageLimits.EntryCount} chunks");
            if (chunk.Off > (ulong)limit || chunk.Len > (ulong)limit - chunk.Off)
                throw ImageException.Damaged(path, position, $"a chunk of {chunk.Len} bytes at {chunk.Off} goes beyond the end of the deleted file");
            chunks.Add(new GhostChunk((long)chunk.Off, (long)chunk.Len, file.Position));
            file.SkipPayload((long)chunk.Len);
            position = file.Position;
        }
    }
}
