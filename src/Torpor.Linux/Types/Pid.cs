namespace Torpor.Linux;

/// <summary>A process (thread group) id, as seen from the caller's own pid namespace.</summary>
public readonly record struct Pid(int Value) : IComparable<Pid>
{
    public bool IsValid => Value > 0;

    /// <summary>The thread group leader's thread id is the process id.</summary>
    public Tid Leader => new(Value);

    public int CompareTo(Pid other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString();

    public static bool operator <(Pid left, Pid right) => left.Value < right.Value;

    public static bool operator >(Pid left, Pid right) => left.Value > right.Value;

    public static bool operator <=(Pid left, Pid right) => left.Value <= right.Value;

    public static bool operator >=(Pid left, Pid right) => left.Value >= right.Value;
}
