namespace Torpor.Linux;

/// <summary>A thread id, as seen from the caller's own pid namespace. ptrace speaks of these only.</summary>
public readonly record struct Tid(int Value) : IComparable<Tid>
{
    public bool IsValid => Value > 0;

    public int CompareTo(Tid other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString();

    public static bool operator <(Tid left, Tid right) => left.Value < right.Value;

    public static bool operator >(Tid left, Tid right) => left.Value > right.Value;

    public static bool operator <=(Tid left, Tid right) => left.Value <= right.Value;

    public static bool operator >=(Tid left, Tid right) => left.Value >= right.Value;
}
