using System.Collections.Concurrent;

namespace Torpor.Images;

/// <summary>
/// Finds required fields that an encoded message lacks. The protobuf decoder leaves them at their defaults, null for a
/// message, and asking it afterwards goes through reflection, which costs more than a whole checkpoint.
/// </summary>
internal static partial class RequiredFields
{
    private const int Varint = 0;
    private const int Fixed64 = 1;
    private const int LengthDelimited = 2;
    private const int StartGroup = 3;
    private const int EndGroup = 4;
    private const int Fixed32 = 5;

    private static readonly Lazy<Dictionary<string, string>> Lines = new(ReadLines);
    private static readonly ConcurrentDictionary<string, Shape?> Shapes = [];

    /// <summary>What is missing, as in <c>field 2 of pagemap_entry</c>; null when nothing is.</summary>
    /// <param name="type">The message's name in its .proto file.</param>
    /// <param name="message">Its encoding.</param>
    public static string? FindMissing(string type, ReadOnlySpan<byte> message) =>
        ShapeOf(type) is { } shape ? FindMissing(shape, message) : null;

    private static string? FindMissing(Shape shape, ReadOnlySpan<byte> message)
    {
        ulong seen = 0;
        int groups = 0;
        while (!message.IsEmpty)
        {
            if (!TryReadVarint(ref message, out ulong tag) || !TryReadValue(ref message, (int)(tag & 7), out ReadOnlySpan<byte> inner))
                return $"the end of {shape.Name}";
            groups += (tag & 7) switch { StartGroup => 1, EndGroup => -1, _ => 0 };
            // What is inside of a group is no field of this message.
            if (groups != 0)
                continue;
            int index = shape.Required.IndexOf(tag);
            if (index >= 0)
                seen |= 1UL << index;
            if ((tag & 7) == LengthDelimited && shape.ChildOf(tag) is { } child && FindMissing(child, inner) is { } missing)
                return missing;
        }
        ulong all = shape.Required.Length == 64 ? ulong.MaxValue : (1UL << shape.Required.Length) - 1;
        if (seen == all)
            return null;
        return $"field {shape.Required[System.Numerics.BitOperations.TrailingZeroCount(~seen)] >> 3} of {shape.Name}";
    }

    private static bool TryReadValue(ref ReadOnlySpan<byte> message, int wireType, out ReadOnlySpan<byte> value)
    {
        value = default;
        ulong length = 0;
        switch (wireType)
        {
            case Varint:
                return TryReadVarint(ref message, out _);
            case Fixed64:
                length = sizeof(ulong);
                break;
            case Fixed32:
                length = sizeof(uint);
                break;
            case LengthDelimited:
                if (!TryReadVarint(ref message, out length))
                    return false;
                break;
            case StartGroup or EndGroup:
                return true;
            default:
                return false;
        }
        if (length > (ulong)message.Length)
            return false;
        value = message[..(int)length];
        message = message[(int)length..];
        return true;
    }

    private static bool TryReadVarint(ref ReadOnlySpan<byte> message, out ulong value)
    {
        value = 0;
        for (int i = 0; i < message.Length && i < 10; i++)
        {
            value |= (ulong)(message[i] & 0x7f) << (7 * i);
            if (message[i] < 0x80)
            {
                message = message[(i + 1)..];
                return true;
            }
        }
        return false;
    }

    private static Shape? ShapeOf(string type) =>
        Shapes.GetOrAdd(type, static name => Lines.Value.TryGetValue(name, out string? line) ? Shape.Parse(line) : null);

    private static Dictionary<string, string> ReadLines()
    {
        var lines = new Dictionary<string, string>();
        foreach (string line in Table.Split('\n'))
            lines.Add(line[..line.IndexOf(' ', StringComparison.Ordinal)], line);
        return lines;
    }

    /// <summary>A line of the table.</summary>
    private sealed class Shape(string name, ulong[] required, (ulong Tag, string Type)[] children)
    {
        /// <summary>Found when first needed: a message may contain itself.</summary>
        private readonly Shape?[] _found = new Shape?[children.Length];

        public string Name => name;

        public ReadOnlySpan<ulong> Required => required;

        public static Shape Parse(string line)
        {
            string[] columns = line.Split('|', StringSplitOptions.TrimEntries);
            return new Shape(
                columns[0],
                [.. Words(columns[1]).Select(ulong.Parse)],
                [.. Words(columns[2]).Select(word => word.Split(':')).Select(pair => (ulong.Parse(pair[0]), pair[1]))]);
        }

        public Shape? ChildOf(ulong tag)
        {
            for (int i = 0; i < children.Length; i++)
            {
                if (children[i].Tag == tag)
                    return _found[i] ??= ShapeOf(children[i].Type);
            }
            return null;
        }

        private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }
}
