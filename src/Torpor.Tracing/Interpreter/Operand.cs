using Torpor.Linux;

namespace Torpor.Tracing;

/// <summary>An argument of a planned system call: a plain value, or a place in the program's own data area.</summary>
/// <param name="Value">The value, or the offset in bytes from the start of the data area.</param>
/// <param name="IsData">True when <paramref name="Value"/> is an offset that becomes an address once the program has one.</param>
public readonly record struct Operand(ulong Value, bool IsData)
{
    public static implicit operator Operand(int value) => new((ulong)(long)value, false);

    public static implicit operator Operand(uint value) => new(value, false);

    public static implicit operator Operand(long value) => new((ulong)value, false);

    public static implicit operator Operand(ulong value) => new(value, false);

    public static implicit operator Operand(RemoteAddress address) => new(address.Value, false);

    public static implicit operator Operand(DataReference data) => new((ulong)data.Offset, true);

    public override string ToString() =>
        IsData ? $"data+0x{Value:x}" : Value < 4096 ? Value.ToString() : (long)Value is < 0 and > -4096 ? ((long)Value).ToString() : $"0x{Value:x}";
}

/// <summary>A block in a program's data area.</summary>
/// <param name="Offset">In bytes from the start of the data area.</param>
/// <param name="Length">In bytes.</param>
public readonly record struct DataReference(int Offset, int Length)
{
    /// <summary>The part of the block that starts <paramref name="bytes"/> further on.</summary>
    public DataReference At(int bytes) => new(Offset + bytes, Length - bytes);
}

/// <summary>A step of a program, to read its result after the run.</summary>
public readonly record struct StepReference(int Index);

/// <summary>Which results let a program go on.</summary>
/// <param name="Low">The smallest result expected.</param>
/// <param name="Span">The results from <paramref name="Low"/> to <c>Low + Span</c> pass (unsigned, wrapping).</param>
public readonly record struct Expectation(ulong Low, ulong Span)
{
    /// <summary>Anything but an error (-4095 to -1).</summary>
    public static Expectation Success => new(0, unchecked((ulong)-4096L));

    /// <summary>Whatever it returns.</summary>
    public static Expectation Any => new(0, ulong.MaxValue);

    /// <summary>No result passes: the step always leaves by its other way. For jumps.</summary>
    public static Expectation Never => new(0x8000_0000_0000_0000, 0);

    public static Expectation Exactly(long value) => new((ulong)value, 0);

    public static Expectation Exactly(ulong value) => new(value, 0);

    public bool Accepts(ulong result) => result - Low <= Span;

    public override string ToString() =>
        this == Success ? "ok" : this == Any ? "any" : this == Never ? "never" : Span == 0 ? $"= {(Operand)Low}" : $"in {(Operand)Low}..+{Span}";
}
