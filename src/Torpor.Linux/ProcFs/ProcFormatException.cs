namespace Torpor.Linux.ProcFs;

/// <summary>A file of /proc is not as proc(5) says.</summary>
public sealed class ProcFormatException : Exception
{
    public ProcFormatException(string file, long offset, string field, string problem)
        : base($"{file}: offset {offset}: {field}: {problem}")
    {
        File = file;
        Offset = offset;
        Field = field;
    }

    /// <summary>The file's path, or its name.</summary>
    public string File { get; }

    /// <summary>In bytes from the start of the file.</summary>
    public long Offset { get; }

    /// <summary>The field that was expected there.</summary>
    public string Field { get; }
}
