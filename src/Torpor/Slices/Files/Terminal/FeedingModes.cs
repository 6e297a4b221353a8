using System.Buffers.Binary;
using static Torpor.Linux.Uapi.TermBits;

namespace Torpor.Slices.Files.Terminal;

/// <summary>
/// Modes in which a terminal takes bytes as they are, from either end, see termios(3). Lines stay lines, because the
/// kernel keeps where they end in its queue and forgets that when ICANON changes. Output that is stopped stays stopped.
/// </summary>
internal static class FeedingModes
{
    private const int InputFlags = 0;
    private const int OutputFlags = 4;
    private const int LocalFlags = 12;
    private const int Characters = 17;
    private const int CharacterCount = 19;

    public static bool IsCanonical(byte[] modes) => Has(modes, ICANON);

    public static bool Has(byte[] modes, uint localFlag) => (Read(modes, LocalFlags) & localFlag) != 0;

    public static byte Character(byte[] modes, int which) => modes[Characters + which];

    /// <param name="modes">The kernel's <c>struct termios</c>.</param>
    /// <param name="endOfFile">The byte that is to end a line without being a part of it; null for none.</param>
    public static byte[] For(byte[] modes, byte? endOfFile)
    {
        byte[] fed = [.. modes];
        Clear(fed, InputFlags, IGNBRK | BRKINT | IGNPAR | PARMRK | INPCK | ISTRIP | INLCR | IGNCR | ICRNL | IUCLC | IXANY);
        Clear(fed, OutputFlags, OPOST);
        Clear(fed, LocalFlags, ISIG | ECHO | ECHONL | IEXTEN);
        for (int i = 0; i < CharacterCount; i++)
        {
            if (i is not (VEOL or VEOL2))
                fed[Characters + i] = 0;
        }
        fed[Characters + VEOF] = endOfFile ?? 0;
        // poll(2) waits for the kernel's worker as long as there is less than this.
        if (!IsCanonical(modes))
            fed[Characters + VMIN] = byte.MaxValue;
        return fed;
    }

    /// <summary>Modes in which a read gives what there is, without waiting for more, and without minding lines.</summary>
    public static byte[] ForReading(byte[] modes)
    {
        byte[] read = [.. modes];
        Clear(read, LocalFlags, ICANON);
        read[Characters + VMIN] = read[Characters + VTIME] = 0;
        return read;
    }

    private static uint Read(byte[] modes, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(modes.AsSpan(offset));

    private static void Clear(byte[] modes, int offset, uint flags) =>
        BinaryPrimitives.WriteUInt32LittleEndian(modes.AsSpan(offset), Read(modes, offset) & ~flags);
}
