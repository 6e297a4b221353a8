using Google.Protobuf;
using Microsoft.Win32.SafeHandles;

namespace Torpor.Images;

/// <summary>
/// Reads a checkpoint's directory. Whatever is in the files, the only exception is <see cref="ImageException"/>, and memory
/// is bounded by <see cref="ImageLimits"/>. Keeps account of what was read.
/// </summary>
public sealed class ImageDirectoryReader : IDisposable
{
    private readonly HashSet<string> _read = [];
    private readonly List<FileStream> _open = [];

    private ImageDirectoryReader(string path) => DirectoryPath = path;

    /// <summary>The absolute path.</summary>
    public string DirectoryPath { get; }

    /// <summary>Opens a directory that holds an inventory: one without is no checkpoint, or an interrupted one.</summary>
    public static ImageDirectoryReader Open(string path)
    {
        if (path.Length == 0)
            throw new ImageException(ImageFailure.Missing, "''", null, "is no directory's name");
        string full = Path.GetFullPath(path);
        if (!Directory.Exists(full))
            throw new ImageException(ImageFailure.Missing, full, null, File.Exists(full) ? "is not a directory" : "there is no such directory");
        var reader = new ImageDirectoryReader(full);
        if (!reader.Exists(ImageName.Inventory))
            throw new ImageException(ImageFailure.Missing, full, null, $"there is no {ImageName.Inventory}: no checkpoint was made here, or it was interrupted");
        return reader;
    }

    public bool Exists(string name) => File.Exists(PathOf(name));

    /// <summary>The names of all images, sorted; those of the raw pages too.</summary>
    public IReadOnlyList<string> Names()
    {
        try
        {
            return [.. Directory.EnumerateFiles(DirectoryPath, "*.img").Select(path => Path.GetFileName(path)).Where(name => name[0] != '.').Order(StringComparer.Ordinal)];
        }
        catch (Exception error) when (ImageException.IsSystemError(error))
        {
            throw new ImageException(ImageFailure.Missing, DirectoryPath, null, $"the directory can't be listed: {ImageException.Reason(error)}", error);
        }
    }

    /// <summary>The images that nothing has read so far.</summary>
    public IReadOnlyList<string> Unread() => [.. Names().Where(name => !_read.Contains(name))];

    /// <summary>All entries of an image without payloads.</summary>
    public IReadOnlyList<T> Read<T>(string name, ImageMagic magic, MessageParser<T> parser) where T : class, IMessage<T> =>
        [.. ReadWithPayload(name, magic, parser, _ => 0).Select(pair => pair.Entry)];

    /// <summary>The entry of an image that must have exactly one.</summary>
    public T ReadSingle<T>(string name, ImageMagic magic, MessageParser<T> parser) where T : class, IMessage<T>
    {
        using ImageFileReader file = OpenFramed(name, magic);
        if (!file.TryReadEntry(parser, out T entry))
            throw ImageException.Damaged(PathOf(name), file.Position, "the file has no entry");
        if (file.Remaining > 0)
            throw ImageException.Damaged(PathOf(name), file.Position, $"{file.Remaining} bytes follow the only entry");
        return entry;
    }

    /// <summary>All entries with the raw bytes that follow each.</summary>
    /// <param name="name">Of the file.</param>
    /// <param name="magic">Its kind.</param>
    /// <param name="parser">Of the entry.</param>
    /// <param name="payloadLength">Which field of the entry tells how many bytes follow it.</param>
    public IReadOnlyList<(T Entry, byte[] Payload)> ReadWithPayload<T>(string name, ImageMagic magic, MessageParser<T> parser, Func<T, long> payloadLength)
        where T : class, IMessage<T>
    {
        using ImageFileReader file = OpenFramed(name, magic);
        if (file.Length > ImageLimits.FileLength)
            throw ImageException.Damaged(PathOf(name), null, $"{file.Length} bytes are more than the limit of {ImageLimits.FileLength}");
        var entries = new List<(T, byte[])>();
        while (file.TryReadEntry(parser, out T entry))
        {
            if (entries.Count == ImageLimits.EntryCount)
                throw ImageException.Damaged(PathOf(name), file.Position, $"there are more than {ImageLimits.EntryCount} entries");
            entries.Add((entry, file.ReadPayload(payloadLength(entry))));
        }
        return entries;
    }

    /// <summary>Opens a file without magic numbers. The reader owns the handle; it is open until <see cref="Dispose"/>.</summary>
    public SafeFileHandle OpenRaw(string name)
    {
        string path = PathOf(name);
        // What has no length may be a pipe, which would block. There is nothing to read from it in any case.
        if (RawLength(name) == 0 && !OperatingSystem.IsWindows())
            path = "/dev/null";
        FileStream stream = ImageFileReader.OpenExisting(path, bufferSize: 0);
        lock (_open)
            _open.Add(stream);
        return stream.SafeFileHandle;
    }

    /// <summary>The length of a file without magic numbers, in bytes.</summary>
    public long RawLength(string name)
    {
        MarkRead(name);
        return ImageFileReader.FileLength(PathOf(name));
    }

    public void Dispose()
    {
        lock (_open)
        {
            foreach (FileStream stream in _open)
                stream.Dispose();
            _open.Clear();
        }
    }

    /// <summary>Opens an image behind its magic numbers, to be read entry by entry; the caller closes it.</summary>
    internal ImageFileReader OpenFramed(string name, ImageMagic magic)
    {
        MarkRead(name);
        ImageFileReader file = ImageFileReader.Open(PathOf(name));
        try
        {
            file.ReadMagic(magic);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    internal string PathOf(string name)
    {
        if (name.Length == 0 || name.AsSpan().ContainsAny('/', '\\', '\0'))
            throw new ArgumentException($"'{name}' is not the name of an image", nameof(name));
        return Path.Combine(DirectoryPath, name);
    }

    private void MarkRead(string name)
    {
        lock (_read)
            _read.Add(name);
    }
}
