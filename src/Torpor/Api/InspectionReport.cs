namespace Torpor;

/// <summary>What a directory of images holds.</summary>
public sealed record InspectionReport
{
    /// <summary>The absolute path.</summary>
    public required string Directory { get; init; }

    public required int ImageFiles { get; init; }

    /// <summary>The length of all image files together.</summary>
    public required long ImageBytes { get; init; }

    /// <summary>The root process first.</summary>
    public required IReadOnlyList<InspectedProcess> Processes { get; init; }
}

/// <summary>One process in the images. All ids are those it knows itself.</summary>
public sealed record InspectedProcess
{
    public required uint Pid { get; init; }

    public required uint ParentPid { get; init; }

    public required uint ProcessGroup { get; init; }

    public required uint Session { get; init; }

    /// <summary>The name in <c>/proc/PID/comm</c>.</summary>
    public required string Command { get; init; }

    /// <summary><c>alive</c>, <c>stopped</c> or <c>dead</c>.</summary>
    public required string State { get; init; }

    public string? Executable { get; init; }

    public required IReadOnlyList<uint> Threads { get; init; }

    public required int Mappings { get; init; }

    /// <summary>Bytes of memory in the images, private and shared.</summary>
    public required long StoredBytes { get; init; }

    public required IReadOnlyList<InspectedMemory> Memory { get; init; }

    /// <summary>The descriptor table, in order.</summary>
    public required IReadOnlyList<InspectedFile> Files { get; init; }
}

/// <summary>The mappings of one kind.</summary>
/// <param name="Kind">What they map.</param>
/// <param name="Mappings">How many.</param>
/// <param name="Bytes">Of address space.</param>
/// <param name="StoredBytes">Of that in the images; null where it isn't told apart.</param>
public sealed record InspectedMemory(string Kind, int Mappings, long Bytes, long? StoredBytes);

/// <summary>One descriptor.</summary>
/// <param name="Descriptor">The number.</param>
/// <param name="CloseOnExec">Whether FD_CLOEXEC is set.</param>
/// <param name="Description">The id of the open file description: descriptors with the same one share position and flags.</param>
/// <param name="Kind">As in <c>regular file</c>.</param>
/// <param name="Details">Path, address, or what else tells it apart.</param>
public sealed record InspectedFile(uint Descriptor, bool CloseOnExec, uint Description, string Kind, string Details);
