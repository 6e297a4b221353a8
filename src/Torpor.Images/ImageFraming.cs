using System.Buffers;
using System.Buffers.Binary;
using Google.Protobuf;

namespace Torpor.Images;

/// <summary>
/// The layout of every image but the raw ones: two magic numbers, then for each entry its length and the message, with
/// the payload, if its kind has one, right behind. All numbers are 32 bits, little endian.
/// </summary>
internal static class ImageFraming
{
    /// <summary>Opens images proper.</summary>
    public const uint Common = 0x54564319;

    /// <summary>Opens what CRIU calls service files: they are not needed for a restore.</summary>
    public const uint Service = 0x55105940;

    /// <summary>The number in front of the kind's own; null for the inventory, which tells versions apart and has none.</summary>
    public static uint? FirstMagic(ImageMagic magic) => magic switch
    {
        ImageMagic.Inventory => null,
        ImageMagic.Stats or ImageMagic.IrmapCache => Service,
        _ => Common,
    };

    public static void WriteMagic(Stream stream, ImageMagic magic)
    {
        if (FirstMagic(magic) is uint first)
            WriteNumber(stream, first);
        WriteNumber(stream, (uint)magic);
    }

    /// <exception cref="InvalidOperationException">A required field is not set.</exception>
    public static void WriteEntry(Stream stream, IMessage entry)
    {
        int length = entry.CalculateSize();
        byte[] buffer = ArrayPool<byte>.Shared.Rent(sizeof(uint) + length);
        try
        {
            Span<byte> frame = buffer.AsSpan(0, sizeof(uint) + length);
            BinaryPrimitives.WriteInt32LittleEndian(frame, length);
            entry.WriteTo(frame[sizeof(uint)..]);
            if (RequiredFields.FindMissing(entry.GetType().Name, frame[sizeof(uint)..]) is { } missing)
                throw new InvalidOperationException($"{missing} is not set, and no reader accepts the entry without it");
            stream.Write(frame);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static void WriteNumber(Stream stream, uint value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        stream.Write(bytes);
    }
}
