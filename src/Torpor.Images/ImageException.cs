namespace Torpor.Images;

/// <summary>Why images could not be read or written.</summary>
public enum ImageFailure
{
    /// <summary>The directory or file is not there, or can't be opened by this user.</summary>
    Missing,

    /// <summary>The file is truncated, has a field out of bounds, or can't be decoded.</summary>
    Damaged,

    /// <summary>The file is no image, or one of another kind.</summary>
    Foreign,

    /// <summary>The disk is full, a quota is exceeded, or the device failed.</summary>
    WriteFailed,

    /// <summary>The directory can't be made or written, or holds something already.</summary>
    DirectoryUnusable,
}

/// <summary>An image file, or the directory of images, is not usable. The message names the file and, where there is one, the offset.</summary>
public sealed class ImageException : Exception
{
    public ImageException(ImageFailure kind, string file, long? offset, string message, Exception? inner = null)
        : base(offset is null ? $"{file}: {message}" : $"{file} at offset {offset}: {message}", inner)
    {
        Kind = kind;
        File = file;
        Offset = offset;
    }

    public ImageFailure Kind { get; }

    /// <summary>The path of the file or directory.</summary>
    public string File { get; }

    /// <summary>Bytes from the start of the file to what is wrong; null when it is about the file as a whole.</summary>
    public long? Offset { get; }

    internal static ImageException Damaged(string file, long? offset, string message, Exception? inner = null) =>
        new(ImageFailure.Damaged, file, offset, message, inner);

    internal static ImageException WriteFailed(string file, Exception inner) =>
        new(ImageFailure.WriteFailed, file, null, $"can't be written: {Reason(inner)}", inner);

    /// <summary>What the file API throws when the operating system refuses.</summary>
    internal static bool IsSystemError(Exception exception) => exception is IOException or UnauthorizedAccessException;

    /// <summary>The operating system's own sentence: the file API adds the path to it, which the message names already.</summary>
    internal static string Reason(Exception exception)
    {
        int path = exception.Message.IndexOf(" : '", StringComparison.Ordinal);
        return path < 0 ? exception.Message : exception.Message[..path];
    }
}
