namespace Torpor.Linux.ProcFs;

/// <summary>Walks over the bytes of a file of /proc; fails with offset and field.</summary>
internal ref struct ProcReader(string file, ReadOnlySpan<byte> text, long start = 0)
{
    private readonly ReadOnlySpan<byte> _text = text;

    public int Position { get; private set; }

    public readonly bool AtEnd => Position >= _text.Length;

    public readonly ReadOnlySpan<byte> Rest => _text[Position..];

    /// <summary>The next byte, or zero at the end.</summary>
    public readonly byte Peek => Position < _text.Length ? _text[Position] : (byte)0;

    public readonly ProcFormatException Fail(string field, string problem) => new(file, start + Position, field, problem);

    /// <summary>The next line without its end; a reader over it reports offsets of the whole file.</summary>
    public bool NextLine(out ProcReader line)
    {
        if (AtEnd)
        {
            line = default;
            return false;
        }
        int length = Rest.IndexOf((byte)'\n');
        ReadOnlySpan<byte> bytes = length < 0 ? Rest : Rest[..length];
        line = new ProcReader(file, bytes, start + Position);
        Position += bytes.Length + (length < 0 ? 0 : 1);
        return true;
    }

    public void SkipBlanks()
    {
        while (Peek is (byte)' ' or (byte)'\t')
            Position++;
    }

    public void Skip(int bytes) => Position = Math.Min(Position + bytes, _text.Length);

    public bool TryTake(ReadOnlySpan<byte> literal)
    {
        if (!Rest.StartsWith(literal))
            return false;
        Position += literal.Length;
        return true;
    }

    public void Expect(byte value, string field)
    {
        if (Peek != value || AtEnd)
            throw Fail(field, $"'{(char)value}' expected");
        Position++;
    }

    public byte Byte(string field)
    {
        if (AtEnd)
            throw Fail(field, "missing");
        return _text[Position++];
    }

    /// <summary>The bytes up to the next blank or the end; at least one.</summary>
    public ReadOnlySpan<byte> Word(string field)
    {
        SkipBlanks();
        ReadOnlySpan<byte> rest = Rest;
        int length = rest.IndexOfAny((byte)' ', (byte)'\t');
        ReadOnlySpan<byte> word = length < 0 ? rest : rest[..length];
        if (word.IsEmpty)
            throw Fail(field, "missing");
        Position += word.Length;
        return word;
    }

    public ulong Hex(string field)
    {
        ulong value = 0;
        int digits = 0;
        for (; Position < _text.Length; Position++, digits++)
        {
            int digit = HexDigit(_text[Position]);
            if (digit < 0)
                break;
            if (value >> 60 != 0)
                throw Fail(field, "more than 64 bits");
            value = (value << 4) | (uint)digit;
        }
        return digits > 0 ? value : throw Fail(field, "hexadecimal number expected");
    }

    public ulong Decimal(string field) => Number(10, field);

    public ulong Octal(string field) => Number(8, field);

    private ulong Number(uint radix, string field)
    {
        ulong value = 0;
        int digits = 0;
        for (; Position < _text.Length; Position++, digits++)
        {
            uint digit = (uint)(_text[Position] - '0');
            if (digit >= radix)
                break;
            if (value > (ulong.MaxValue - digit) / radix)
                throw Fail(field, "more than 64 bits");
            value = (value * radix) + digit;
        }
        return digits > 0 ? value : throw Fail(field, radix == 8 ? "octal number expected" : "number expected");
    }

    public long Signed(string field)
    {
        bool negative = Peek == '-';
        if (negative)
            Position++;
        ulong value = Decimal(field);
        if (value > (ulong)long.MaxValue + (negative ? 1UL : 0))
            throw Fail(field, "more than 64 bits");
        return negative ? unchecked(-(long)value) : (long)value;
    }

    /// <summary>A decimal number of at most 32 bits.</summary>
    public uint UInt32(string field)
    {
        ulong value = Decimal(field);
        return value <= uint.MaxValue ? (uint)value : throw Fail(field, "more than 32 bits");
    }

    public int Int32(string field)
    {
        long value = Signed(field);
        return value is >= int.MinValue and <= int.MaxValue ? (int)value : throw Fail(field, "more than 32 bits");
    }

    /// <summary>A hexadecimal number of at most 32 bits.</summary>
    public uint Hex32(string field)
    {
        ulong value = Hex(field);
        return value <= uint.MaxValue ? (uint)value : throw Fail(field, "more than 32 bits");
    }

    private static int HexDigit(byte c) => c switch
    {
        >= (byte)'0' and <= (byte)'9' => c - '0',
        >= (byte)'a' and <= (byte)'f' => c - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => c - 'A' + 10,
        _ => -1,
    };
}
