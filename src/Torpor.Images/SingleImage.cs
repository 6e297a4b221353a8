using Google.Protobuf;

namespace Torpor.Images;

/// <summary>An image file outside of a checkpoint's directory, as stats-dump is.</summary>
public static class SingleImage
{
    /// <summary>Writes the file, 0600, in place of one that may be there; readers see either the old or the new one.</summary>
    /// <exception cref="ImageException">It can't be written.</exception>
    public static void Write(string path, ImageMagic magic, IMessage entry)
    {
        string temporary = $"{path}.{Guid.NewGuid().ToString("n")[..8]}.tmp";
        try
        {
            using (FileStream file = ImageDirectoryWriter.OpenNew(temporary, bufferSize: 4096))
            {
                ImageFraming.WriteMagic(file, magic);
                ImageFraming.WriteEntry(file, entry);
            }
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception error) when (ImageException.IsSystemError(error))
        {
            ImageDirectoryWriter.Quietly(() => File.Delete(temporary));
            throw ImageException.WriteFailed(path, error);
        }
    }
}
