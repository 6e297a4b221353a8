namespace Torpor.Linux.ProcFs;

/// <summary>The kernel's octal escapes in /proc.</summary>
internal static class ProcEscapes
{
    /// <summary>Turns <c>\012</c> into a newline; leaves every other backslash, which the kernel does not escape in paths of maps.</summary>
    public static byte[] Newlines(ReadOnlySpan<byte> text) => Unescape(text, newlinesOnly: true);

    /// <summary>Turns <c>\n</c> and <c>\\</c> into newline and backslash: the form of Name in status.</summary>
    public static byte[] NewlineAndBackslash(ReadOnlySpan<byte> text)
    {
        byte[] result = new byte[text.Length];
        int length = 0;
        for (int i = 0; i < text.Length; i++)
        {
            bool escape = text[i] == '\\' && i + 1 < text.Length && text[i + 1] is (byte)'n' or (byte)'\\';
            result[length++] = !escape ? text[i] : text[++i] == 'n' ? (byte)'\n' : (byte)'\\';
        }
        return result[..length];
    }

    /// <summary>Turns every <c>\ooo</c> into its byte: the form of mountinfo.</summary>
    public static byte[] Octal(ReadOnlySpan<byte> text) => Unescape(text, newlinesOnly: false);

    private static byte[] Unescape(ReadOnlySpan<byte> text, bool newlinesOnly)
    {
        byte[] result = new byte[text.Length];
        int length = 0;
        for (int i = 0; i < text.Length; i++)
        {
            ReadOnlySpan<byte> rest = text[i..];
            if (rest.Length >= 4 && rest[0] == '\\' && IsOctal(rest[1], '3') && IsOctal(rest[2], '7') && IsOctal(rest[3], '7'))
            {
                int value = ((rest[1] - '0') << 6) | ((rest[2] - '0') << 3) | (rest[3] - '0');
                if (!newlinesOnly || value == '\n')
                {
                    result[length++] = (byte)value;
                    i += 3;
                    continue;
                }
            }
            result[length++] = rest[0];
        }
        return result[..length];
    }

    private static bool IsOctal(byte c, char highest) => c >= '0' && c <= highest;
}
