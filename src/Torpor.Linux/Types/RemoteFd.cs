namespace Torpor.Linux;

/// <summary>A descriptor number in another process's table. Never usable in a local system call.</summary>
public readonly record struct RemoteFd(int Value) : IComparable<RemoteFd>
{
    public int CompareTo(RemoteFd other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString();

    public static bool operator <(RemoteFd left, RemoteFd right) => left.Value < right.Value;

    public static bool operator >(RemoteFd left, RemoteFd right) => left.Value > right.Value;

    public static bool operator <=(RemoteFd left, RemoteFd right) => left.Value <= right.Value;

    public static bool operator >=(RemoteFd left, RemoteFd right) => left.Value >= right.Value;
}
