using System.Text.Json.Serialization;

namespace Torpor.Cli.Output;

/// <summary>The result of <c>torpor checkpoint --json</c>. Times are in milliseconds.</summary>
internal sealed record CheckpointDocument(int Pid, string Command, string Directory, bool LeftRunning, int Processes, int Threads, int Mappings, int Descriptors,
    long PagesScanned, long PagesWritten, int PageSize, double FreezingMilliseconds, double FrozenMilliseconds, double TotalMilliseconds, IReadOnlyList<string> Notes)
{
    public static CheckpointDocument From(CheckpointReport report, CheckpointOptions options) => new(
        report.Pid, report.Command, Path.GetFullPath(options.Directory), options.LeaveRunning, report.Processes, report.Threads, report.Mappings, report.Descriptors,
        report.PagesScanned, report.PagesWritten, Environment.SystemPageSize, report.FreezingTime.TotalMilliseconds, report.FrozenTime.TotalMilliseconds,
        report.TotalTime.TotalMilliseconds, report.Notes);
}

/// <summary>The result of <c>torpor restore --json</c>. Times are in milliseconds.</summary>
internal sealed record RestoreDocument(int Pid, int InnerPid, bool PrivateNamespace, int Processes, int Threads, long PagesRestored, int PageSize,
    double TotalMilliseconds, string? Plan, IReadOnlyList<string> Notes)
{
    public static RestoreDocument From(RestoreReport report) => new(report.Pid, report.InnerPid, report.PrivateNamespace, report.Processes, report.Threads,
        report.PagesRestored, Environment.SystemPageSize, report.TotalTime.TotalMilliseconds, report.Plan, report.Notes);
}

/// <summary>What any verb with <c>--json</c> prints when it fails.</summary>
internal sealed record FailureDocument(FailureBody Error);

internal sealed record FailureBody(string Kind, int ExitCode, string Message, IReadOnlyList<string> Details, string? Remedy);

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CheckpointDocument))]
[JsonSerializable(typeof(RestoreDocument))]
[JsonSerializable(typeof(FailureDocument))]
[JsonSerializable(typeof(InspectionReport))]
[JsonSerializable(typeof(DoctorReport))]
internal sealed partial class JsonDocuments : JsonSerializerContext;
