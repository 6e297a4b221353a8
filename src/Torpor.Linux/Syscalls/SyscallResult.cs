namespace Torpor.Linux;

/// <summary>What a system call returned: a value, or an errno.</summary>
public readonly record struct SyscallResult(long Raw)
{
    /// <summary>The kernel returns errors as values from -4095 to -1.</summary>
    public bool IsError => Raw is < 0 and >= -4095;

    public Errno Errno => IsError ? (Errno)(-Raw) : Errno.None;

    /// <summary>The value; throws a <see cref="LinuxException"/> that names <paramref name="operation"/> when the call failed.</summary>
    public long OrThrow(string operation) => IsError ? throw new LinuxException(operation, Errno) : Raw;

    public override string ToString() => IsError ? Errno.ToString() : Raw.ToString();
}
