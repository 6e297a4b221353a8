using System.Globalization;

namespace Torpor.Slices.Scheduling;

/// <summary>A set of processors, a bit each from the first byte's lowest on.</summary>
internal sealed class ProcessorSet : IEquatable<ProcessorSet>
{
    private const string OnlineFile = "/sys/devices/system/cpu/online";

    /// <summary>As the kernel's largest configuration.</summary>
    private const int MaximumProcessors = 8192;

    public ProcessorSet(ReadOnlySpan<byte> bytes)
    {
        int length = bytes.TrimEnd((byte)0).Length;
        // The kernel takes whole words only.
        byte[] words = new byte[(length + 7) & ~7];
        bytes[..length].CopyTo(words);
        Bytes = words;
    }

    /// <summary>Whole 64-bit words without empty ones at the end.</summary>
    public byte[] Bytes { get; }

    public bool IsEmpty => Bytes.Length == 0;

    public bool IsSane => Bytes.Length <= MaximumProcessors / 8;

    /// <summary>The processors that are switched on; null when nothing tells.</summary>
    public static ProcessorSet? Online() => File.Exists(OnlineFile) ? Parse(File.ReadAllText(OnlineFile)) : null;

    /// <summary>Reads <c>0-3,7</c>.</summary>
    public static ProcessorSet? Parse(string list)
    {
        byte[] bytes = new byte[MaximumProcessors / 8];
        foreach (string range in list.Trim().Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] ends = range.Split('-');
            if (!ushort.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out ushort first)
                || !ushort.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out ushort last) || last >= MaximumProcessors)
            {
                return null;
            }
            for (int processor = first; processor <= last; processor++)
                bytes[processor / 8] |= (byte)(1 << (processor % 8));
        }
        return new ProcessorSet(bytes);
    }

    public ProcessorSet Intersect(ProcessorSet other)
    {
        byte[] bytes = new byte[Math.Min(Bytes.Length, other.Bytes.Length)];
        for (int i = 0; i < bytes.Length; i++)
            bytes[i] = (byte)(Bytes[i] & other.Bytes[i]);
        return new ProcessorSet(bytes);
    }

    public bool Equals(ProcessorSet? other) => other is not null && Bytes.AsSpan().SequenceEqual(other.Bytes);

    public override bool Equals(object? obj) => Equals(obj as ProcessorSet);

    public override int GetHashCode() => Bytes.Length == 0 ? 0 : HashCode.Combine(Bytes.Length, Bytes[0]);

    /// <summary>As ranges: <c>0-3,7</c>.</summary>
    public override string ToString()
    {
        List<string> ranges = [];
        for (int i = 0; i < Bytes.Length * 8; i++)
        {
            if (!Has(i))
                continue;
            int first = i;
            while (Has(i + 1))
                i++;
            ranges.Add(first == i ? $"{first}" : $"{first}-{i}");
        }
        return ranges.Count == 0 ? "none" : string.Join(',', ranges);
    }

    private bool Has(int processor) => processor < Bytes.Length * 8 && (Bytes[processor / 8] & (1 << (processor % 8))) != 0;
}
