namespace Torpor.Linux;

/// <summary>An address in another process's memory. Not a pointer: it can't be dereferenced here.</summary>
public readonly record struct RemoteAddress(ulong Value) : IComparable<RemoteAddress>
{
    public static RemoteAddress Null => default;

    public bool IsNull => Value == 0;

    public int CompareTo(RemoteAddress other) => Value.CompareTo(other.Value);

    public override string ToString() => $"0x{Value:x}";

    public static RemoteAddress operator +(RemoteAddress address, ulong bytes) => new(address.Value + bytes);

    public static RemoteAddress operator -(RemoteAddress address, ulong bytes) => new(address.Value - bytes);

    /// <summary>The distance in bytes.</summary>
    public static ulong operator -(RemoteAddress end, RemoteAddress start) => end.Value - start.Value;

    public static bool operator <(RemoteAddress left, RemoteAddress right) => left.Value < right.Value;

    public static bool operator >(RemoteAddress left, RemoteAddress right) => left.Value > right.Value;

    public static bool operator <=(RemoteAddress left, RemoteAddress right) => left.Value <= right.Value;

    public static bool operator >=(RemoteAddress left, RemoteAddress right) => left.Value >= right.Value;
}
