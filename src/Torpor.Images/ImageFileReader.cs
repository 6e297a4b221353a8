using System.Buffers;
using System.Buffers.Binary;
using Google.Protobuf;

namespace Torpor.Images;

/// <summary>Reads one framed image from front to back and believes nothing in it.</summary>
internal sealed class ImageFileReader : IDisposable
{
    private readonly FileStream _stream;
    private readonly string _path;

    private ImageFileReader(string path, FileStream stream, long length)
    {
        _path = path;
        _stream = stream;
        Length = length;
    }

    public long Length { get; }

    public long Position { get; private set; }

    public long Remaining => Length - Position;

    public static ImageFileReader Open(string path)
    {
        if (FileLength(path) == 0)
            throw ImageException.Damaged(path, null, "the file is empty");
        FileStream stream = OpenExisting(path, bufferSize: 1 << 16);
        return new ImageFileReader(path, stream, stream.Length);
    }

    /// <summary>
    /// The length without opening the file. Pipes and devices have none and must not be opened: that may block for ever.
    /// </summary>
    public static long FileLength(string path)
    {
        try
        {
            if (Directory.Exists(path))
                throw new ImageException(ImageFailure.Foreign, path, null, "a directory, not an image");
            var info = new FileInfo(path);
            if (info.LinkTarget is not null && info.ResolveLinkTarget(returnFinalTarget: true) is FileInfo target)
                info = target;
            return info.Length;
        }
        catch (Exception error) when (ImageException.IsSystemError(error))
        {
            throw Unopenable(path, error);
        }
    }

    public static FileStream OpenExisting(string path, int bufferSize)
    {
        try
        {
            return new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.Open,
                Access = FileAccess.Read,
                Share = FileShare.ReadWrite | FileShare.Delete,
                BufferSize = bufferSize,
                Options = FileOptions.SequentialScan,
            });
        }
        catch (Exception error) when (ImageException.IsSystemError(error))
        {
            throw Unopenable(path, error);
        }
    }

    /// <summary>Consumes the magic numbers, which must be those of the kind.</summary>
    public void ReadMagic(ImageMagic expected)
    {
        uint number = ReadNumber("its magic number");
        bool prefixed = number is ImageFraming.Common or ImageFraming.Service;
        if (prefixed)
            number = ReadNumber("its magic number");
        else if (ImageFraming.FirstMagic(expected) is not null)
            throw Foreign(0, number, "no image at all");
        if (number != (uint)expected)
            throw Foreign(Position - sizeof(uint), number, $"no {expected} image");
    }

    /// <summary>Consumes one entry; false at the end of the file.</summary>
    public bool TryReadEntry<T>(MessageParser<T> parser, out T entry) where T : class, IMessage<T>
    {
        entry = null!;
        if (Remaining == 0)
            return false;
        long start = Position;
        uint length = ReadNumber("the length of an entry");
        if (length > Remaining)
            throw ImageException.Damaged(_path, start, $"the file is cut short: an entry of {length} bytes begins where {Remaining} are left");
        if (length > ImageLimits.EntryLength)
            throw ImageException.Damaged(_path, start, $"an entry of {length} bytes is longer than the limit of {ImageLimits.EntryLength}");
        byte[] buffer = ArrayPool<byte>.Shared.Rent((int)length);
        try
        {
            Span<byte> bytes = buffer.AsSpan(0, (int)length);
            ReadExactly(bytes, "an entry");
            entry = Parse(parser, bytes, start);
            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Consumes the raw bytes behind an entry.</summary>
    public byte[] ReadPayload(long length)
    {
        CheckPayload(length);
        if (length > Array.MaxLength)
            throw ImageException.Damaged(_path, Position, $"a payload of {length} bytes is too long");
        byte[] payload = new byte[length];
        ReadExactly(payload, "a payload");
        return payload;
    }

    /// <summary>Passes over raw bytes, which the caller reads through another descriptor.</summary>
    public void SkipPayload(long length)
    {
        CheckPayload(length);
        _stream.Seek(length, SeekOrigin.Current);
        Position += length;
    }

    public void Dispose() => _stream.Dispose();

    private static ImageException Unopenable(string path, Exception error) => error is FileNotFoundException or DirectoryNotFoundException
        ? new ImageException(ImageFailure.Missing, path, null, "the file is missing", error)
        : new ImageException(ImageFailure.Missing, path, null, $"can't be opened: {ImageException.Reason(error)}", error);

    private T Parse<T>(MessageParser<T> parser, ReadOnlySpan<byte> bytes, long start) where T : class, IMessage<T>
    {
        T entry;
        try
        {
            entry = parser.ParseFrom(bytes);
        }
        // The decoder reports bad encodings with the first of these; the others are for what it may let through.
        catch (Exception error) when (error is InvalidProtocolBufferException or InvalidOperationException or ArgumentException or OverflowException)
        {
            throw ImageException.Damaged(_path, start, $"the entry is no {typeof(T).Name}: {error.Message}", error);
        }
        if (RequiredFields.FindMissing(typeof(T).Name, bytes) is { } missing)
            throw ImageException.Damaged(_path, start, $"the entry is no {typeof(T).Name}: {missing} is missing");
        return entry;
    }

    private ImageException Foreign(long offset, uint number, string what) =>
        new(ImageFailure.Foreign, _path, offset, $"{what} (its magic number is 0x{number:x8})");

    private void CheckPayload(long length)
    {
        if (length < 0 || length > Remaining)
            throw ImageException.Damaged(_path, Position, $"the file is cut short: a payload of {length} bytes begins where {Remaining} are left");
    }

    private uint ReadNumber(string what)
    {
        if (Remaining < sizeof(uint))
            throw ImageException.Damaged(_path, Position, $"the file is cut short within {what}");
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        ReadExactly(bytes, what);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    private void ReadExactly(Span<byte> bytes, string what)
    {
        try
        {
            _stream.ReadExactly(bytes);
        }
        catch (IOException error)
        {
            throw ImageException.Damaged(_path, Position, $"{what} can't be read: {ImageException.Reason(error)}", error);
        }
        Position += bytes.Length;
    }
}
