using System.Buffers;
using System.Text;

namespace Torpor.Linux;

/// <summary>
/// Paths and other names as strings without loss: the kernel allows any byte but NUL, so a byte that is not valid UTF-8
/// becomes the lone surrogate U+DC00 + byte, and goes back to that byte.
/// </summary>
public static class PathText
{
    /// <summary>The string for a name's bytes.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        if (System.Text.Unicode.Utf8.IsValid(bytes))
            return Encoding.UTF8.GetString(bytes);
        var text = new StringBuilder(bytes.Length);
        while (!bytes.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(bytes, out Rune rune, out int consumed) == OperationStatus.Done)
            {
                text.Append(rune.ToString());
                bytes = bytes[consumed..];
                continue;
            }
            text.Append((char)(0xdc00 + bytes[0]));
            bytes = bytes[1..];
        }
        return text.ToString();
    }

    /// <summary>The bytes of a name, with the NUL that system calls want at the end.</summary>
    /// <exception cref="ArgumentException">The text holds a NUL.</exception>
    public static byte[] EncodeTerminated(string text) => Encode(text, 1);

    /// <summary>The bytes of a name, without a NUL at the end.</summary>
    /// <exception cref="ArgumentException">The text holds a NUL.</exception>
    public static byte[] Encode(string text) => Encode(text, 0);

    private static byte[] Encode(string text, int terminator)
    {
        if (text.Contains('\0'))
            throw new ArgumentException("a name can't hold a NUL", nameof(text));
        byte[] buffer = new byte[Encoding.UTF8.GetMaxByteCount(text.Length) + terminator];
        int length = 0;
        ReadOnlySpan<char> rest = text;
        while (!rest.IsEmpty)
        {
            if (rest[0] is >= '\udc80' and <= '\udcff')
            {
                buffer[length++] = (byte)(rest[0] - 0xdc00);
                rest = rest[1..];
                continue;
            }
            Rune.DecodeFromUtf16(rest, out Rune rune, out int consumed);
            length += rune.EncodeToUtf8(buffer.AsSpan(length));
            rest = rest[consumed..];
        }
        return buffer[..(length + terminator)];
    }
}
