namespace Torpor.Linux;

/// <summary>A system call or a /proc read failed: operation, object and errno, as in <c>open /proc/4242/maps: EACCES</c>.</summary>
public sealed class LinuxException : Exception
{
    public LinuxException(string operation, Errno errno)
        : base($"{operation}: {errno}")
    {
        Operation = operation;
        Errno = errno;
    }

    /// <summary>The operation and its object: <c>open /proc/4242/maps</c>.</summary>
    public string Operation { get; }

    public Errno Errno { get; }
}
