using Google.Protobuf;
using Microsoft.Win32.SafeHandles;

namespace Torpor.Images;

/// <summary>
/// Writes a checkpoint's directory: 0600 files in a 0700 directory, under temporary names until <see cref="Commit"/>.
/// Disposing without a commit leaves nothing of it. Files may be written from several threads.
/// </summary>
public sealed class ImageDirectoryWriter : IDisposable
{
    private const string TemporarySuffix = ".tmp";

    private readonly Lock _gate = new();
    private readonly Dictionary<string, string> _temporaries = [];
    private readonly List<Stream> _open = [];
    private readonly string _token = Guid.NewGuid().ToString("n")[..8];
    private readonly bool _created;
    private readonly bool _overwrite;
    private bool _finished;

    private ImageDirectoryWriter(string path, bool created, bool overwrite)
    {
        DirectoryPath = path;
        _created = created;
        _overwrite = overwrite;
    }

    /// <summary>The absolute path.</summary>
    public string DirectoryPath { get; }

    /// <summary>Makes the directory, or takes an empty one.</summary>
    /// <param name="path">Its parent must exist.</param>
    /// <param name="overwrite">Accept a directory that is not empty, and replace the images in it at <see cref="Commit"/>.</param>
    /// <exception cref="ImageException">It can't be made or written, or is not empty.</exception>
    public static ImageDirectoryWriter Create(string path, bool overwrite)
    {
        if (path.Length == 0)
            throw new ImageException(ImageFailure.DirectoryUnusable, "''", null, "is no directory's name");
        string full = Path.GetFullPath(path);
        try
        {
            bool exists = Directory.Exists(full);
            if (!exists)
                MakeDirectory(full);
            else if (!overwrite && Directory.EnumerateFileSystemEntries(full).Any())
                throw new ImageException(ImageFailure.DirectoryUnusable, full, null, "the directory is not empty");

            var writer = new ImageDirectoryWriter(full, created: !exists, overwrite);
            if (exists)
                writer.ProveWritable();
            return writer;
        }
        catch (Exception error) when (ImageException.IsSystemError(error))
        {
            throw new ImageException(ImageFailure.DirectoryUnusable, full, null, $"the directory can't be used: {ImageException.Reason(error)}", error);
        }
    }

    /// <summary>Writes a whole image.</summary>
    /// <exception cref="ImageException">The disk is full, or the like.</exception>
    public void Write(string name, ImageMagic magic, IEnumerable<IMessage> entries) =>
        WriteWithPayload(name, magic, entries.Select(entry => (entry, ReadOnlyMemory<byte>.Empty)));

    /// <summary>Writes a whole image that has one entry.</summary>
    /// <exception cref="ImageException">The disk is full, or the like.</exception>
    public void Write(string name, ImageMagic magic, IMessage entry) => Write(name, magic, [entry]);

    /// <summary>Writes a whole image of a kind that has raw bytes behind each entry; the entry itself says how many.</summary>
    /// <exception cref="ImageException">The disk is full, or the like.</exception>
    public void WriteWithPayload(string name, ImageMagic magic, IEnumerable<(IMessage Entry, ReadOnlyMemory<byte> Payload)> entries)
    {
        using Stream stream = CreateFramed(name, magic);
        foreach ((IMessage entry, ReadOnlyMemory<byte> payload) in entries)
        {
            ImageFraming.WriteEntry(stream, entry);
            stream.Write(payload.Span);
        }
        stream.Flush();
    }

    /// <summary>Opens a file without magic numbers, as pages-N.img is. Its writes throw <see cref="ImageException"/>.</summary>
    public Stream CreateRaw(string name) => Track(new ImageOutputStream(FinalPath(name), OpenTemporary(name, bufferSize: 1 << 16)));

    /// <summary>
    /// Opens a file without magic numbers for positioned or spliced writes by system calls of the caller. It is open until
    /// <see cref="Commit"/> or <see cref="Dispose"/>.
    /// </summary>
    public SafeFileHandle CreateRawHandle(string name)
    {
        FileStream stream = OpenTemporary(name, bufferSize: 0);
        Track(stream);
        return stream.SafeFileHandle;
    }

    /// <summary>
    /// Gives all files their names. The inventory gets its own last, and an old one goes first: while names change, no
    /// reader takes the directory for a checkpoint.
    /// </summary>
    /// <exception cref="ImageException">A buffered write failed now, or a rename did.</exception>
    public void Commit()
    {
        ObjectDisposedException.ThrowIf(_finished, this);
        CloseAll();
        try
        {
            if (_overwrite)
                RemoveStale();
            foreach (string name in _temporaries.Keys.OrderBy(name => name == ImageName.Inventory))
                File.Move(_temporaries[name], FinalPath(name), overwrite: true);
        }
        catch (Exception error) when (ImageException.IsSystemError(error))
        {
            throw new ImageException(ImageFailure.WriteFailed, DirectoryPath, null, $"the images can't be given their names: {ImageException.Reason(error)}", error);
        }
        _finished = true;
    }

    public void Dispose()
    {
        if (_finished)
            return;
        _finished = true;
        foreach (Stream stream in _open)
            Quietly(stream.Dispose);
        // A commit that failed half way has files under either name.
        foreach ((string name, string temporary) in _temporaries)
        {
            if (File.Exists(temporary))
                Quietly(() => File.Delete(temporary));
            else
                Quietly(() => File.Delete(FinalPath(name)));
        }
        if (_created)
            Quietly(() => Directory.Delete(DirectoryPath));
    }

    /// <summary>Opens an image for entries one by one; the caller closes it.</summary>
    internal Stream CreateFramed(string name, ImageMagic magic)
    {
        Stream stream = CreateRaw(name);
        ImageFraming.WriteMagic(stream, magic);
        return stream;
    }

    private static void MakeDirectory(string path)
    {
        string? parent = Path.GetDirectoryName(path);
        if (parent is not null && !Directory.Exists(parent))
            throw new ImageException(ImageFailure.DirectoryUnusable, path, null, $"the directory can't be made, because {parent} does not exist");
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>Finds out before the target is touched whether files can be made here.</summary>
    private void ProveWritable()
    {
        string probe = Path.Combine(DirectoryPath, $".{_token}{TemporarySuffix}");
        OpenNew(probe, bufferSize: 0).Dispose();
        File.Delete(probe);
    }

    private FileStream OpenTemporary(string name, int bufferSize)
    {
        if (name.Length == 0 || name.AsSpan().ContainsAny('/', '\\', '\0') || name[0] == '.')
            throw new ArgumentException($"'{name}' is not the name of an image", nameof(name));
        string temporary = Path.Combine(DirectoryPath, $".{name}.{_token}{TemporarySuffix}");
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_finished, this);
            if (!_temporaries.TryAdd(name, temporary))
                throw new InvalidOperationException($"{name} is written twice");
        }
        try
        {
            return OpenNew(temporary, bufferSize);
        }
        catch (Exception error) when (ImageException.IsSystemError(error))
        {
            lock (_gate)
                _temporaries.Remove(name);
            throw ImageException.WriteFailed(FinalPath(name), error);
        }
    }

    /// <summary>CREATE_NEW never follows a link that someone else put there, and never writes to a file that is not ours.</summary>
    internal static FileStream OpenNew(string path, int bufferSize)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.ReadWrite | FileShare.Delete,
            BufferSize = bufferSize,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(path, options);
    }

    private Stream Track(Stream stream)
    {
        lock (_gate)
            _open.Add(stream);
        return stream;
    }

    private void CloseAll()
    {
        foreach (Stream stream in _open)
            stream.Dispose();
        _open.Clear();
    }

    private void RemoveStale()
    {
        File.Delete(FinalPath(ImageName.Inventory));
        foreach (string path in Directory.EnumerateFiles(DirectoryPath).ToList())
        {
            string name = Path.GetFileName(path);
            bool image = name.EndsWith(".img", StringComparison.Ordinal) && !_temporaries.ContainsKey(name);
            bool leftover = name[0] == '.' && name.EndsWith(TemporarySuffix, StringComparison.Ordinal)
                && name.Contains(".img.", StringComparison.Ordinal) && !_temporaries.ContainsValue(path);
            if (image || leftover)
                File.Delete(path);
        }
    }

    private string FinalPath(string name) => Path.Combine(DirectoryPath, name);

    /// <summary>For clearing up after a failure, which is what gets reported.</summary>
    internal static void Quietly(Action action)
    {
        try
        {
            action();
        }
        catch (Exception error) when (ImageException.IsSystemError(error) || error is ImageException)
        {
        }
    }
}
