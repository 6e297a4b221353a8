namespace Torpor;

/// <summary>Why an operation did not happen. Each kind is an exit code of the command line, see docs/exit-codes.md.</summary>
public enum FailureKind
{
    /// <summary>Something that should not happen: a bug, or a kernel that behaves in an unknown way.</summary>
    Internal = 100,

    /// <summary>The command line is wrong.</summary>
    Usage = 101,

    /// <summary>No such process.</summary>
    NoSuchProcess = 102,

    /// <summary>The process belongs to someone else, or can't be traced by this user.</summary>
    NotPermitted = 103,

    /// <summary>A kernel thread has no user memory to save.</summary>
    KernelThread = 104,

    /// <summary>The process ended while it was being checkpointed.</summary>
    ProcessExited = 105,

    /// <summary>Another tracer holds the process.</summary>
    Traced = 106,

    /// <summary>The images could not be written: disk full, quota, or an I/O error.</summary>
    WriteFailed = 107,

    /// <summary>The image directory exists and is not empty, or can't be made or written.</summary>
    DirectoryUnusable = 108,

    /// <summary>The image directory or a file in it is missing.</summary>
    ImageMissing = 109,

    /// <summary>An image file is truncated or damaged.</summary>
    ImageDamaged = 110,

    /// <summary>The files are not images, or of a kind or version that is not known here.</summary>
    ImageForeign = 111,

    /// <summary>A binary, library or file that the process uses has changed since the checkpoint.</summary>
    FileChanged = 112,

    /// <summary>The pid or a tid is taken.</summary>
    PidTaken = 113,

    /// <summary>The process is of an architecture that is not supported: 32-bit.</summary>
    UnsupportedArchitecture = 114,

    /// <summary>The process holds an object that can't be captured or restored; each is listed.</summary>
    Refused = 115,

    /// <summary>A privilege is missing that this operation needs.</summary>
    PrivilegeMissing = 116,

    /// <summary>The restore was begun and failed; nothing was left behind.</summary>
    RestoreFailed = 117,

    /// <summary>The process is already a zombie.</summary>
    Zombie = 118,
}

/// <summary>The one exception of this library: what failed, on what, and what to do.</summary>
public sealed class TorporException : Exception
{
    public TorporException(FailureKind kind, string message, string? remedy = null, Exception? inner = null)
        : base(message, inner)
    {
        Kind = kind;
        Remedy = remedy;
    }

    public FailureKind Kind { get; }

    /// <summary>What the user can do about it, a full sentence without its period; null when nothing helps.</summary>
    public string? Remedy { get; }

    /// <summary>All refusals when the kind is <see cref="FailureKind.Refused"/>.</summary>
    public IReadOnlyList<string> Details { get; init; } = [];
}
