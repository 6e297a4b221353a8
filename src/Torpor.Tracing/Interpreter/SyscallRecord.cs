namespace Torpor.Tracing;

/// <summary>The layout of one record as the interpreter's machine code reads it: twelve quadwords.</summary>
public static class SyscallRecord
{
    public const int NumberOffset = 0;
    public const int ArgumentsOffset = 8;
    public const int ResultOffset = 56;
    public const int LowOffset = 64;
    public const int SpanOffset = 72;

    /// <summary>The address of the record to go on with when the result is not in the expected range; zero stops.</summary>
    public const int OtherwiseOffset = 80;

    public const int Size = 96;
}
