namespace Torpor.Criu.CommandLine;

/// <summary>What configuration files and the command line have set, later ones over earlier ones.</summary>
internal sealed class CriuSettings
{
    public const int DefaultVerbosity = 2;
    public const int HighestVerbosity = 4;

    /// <summary><c>dump</c>, <c>restore</c> and so on; null when none was given.</summary>
    public string? Command { get; set; }

    public bool ShowHelp { get; set; }

    public bool ShowVersion { get; set; }

    public int? Pid { get; set; }

    public string ImagesDirectory { get; set; } = ".";

    /// <summary>For log, pid file and statistics; that of the images when not set.</summary>
    public string? WorkDirectory { get; set; }

    public string? LogFile { get; set; }

    /// <summary>0 nothing, 1 errors, 2 warnings, 3 information and timestamps, 4 everything.</summary>
    public int Verbosity { get; set; } = DefaultVerbosity;

    public bool ShellJob { get; set; }

    public bool ExternalUnixSockets { get; set; }

    public bool TcpEstablished { get; set; }

    public bool TcpClose { get; set; }

    public bool FileLocks { get; set; }

    public bool LeaveRunning { get; set; }

    public bool LeaveStopped { get; set; }

    public bool Detach { get; set; }

    public string? PidFile { get; set; }

    public bool DisplayStatistics { get; set; }

    public List<string> External { get; } = [];

    /// <summary>Descriptors of ours by the resource they stand for.</summary>
    public Dictionary<string, int> InheritedDescriptors { get; } = [];

    /// <summary>Kernel features to check; null checks what is required.</summary>
    public string? Feature { get; set; }

    /// <summary>Options that were given and are not supported: option and reason.</summary>
    public SortedDictionary<string, string> Refusals { get; } = [];

    /// <summary>What the log should say about options and configuration files.</summary>
    public List<string> Warnings { get; } = [];
}
