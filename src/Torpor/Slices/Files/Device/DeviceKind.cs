using Torpor.Linux;

namespace Torpor.Slices.Files.Device;

/// <summary>Device nodes without a state of their own. Terminals are a kind of their own; what else has a driver behind it is refused.</summary>
internal sealed class DeviceKind : IFileKind
{
    private const uint MemoryMajor = 1;

    /// <summary>null, zero, full, random, urandom of the memory devices.</summary>
    private static readonly uint[] s_stateless = [3, 5, 7, 8, 9];

    public FdTypes? Restores => null;

    public bool Recognizes(OpenDescription description) =>
        (description.Status.IsCharacterDevice || description.Status.IsBlockDevice) && !Terminal.TerminalKind.IsTerminal(description);

    public void Inspect(FileInspection inspection, IReadOnlyList<OpenDescription> descriptions)
    {
        foreach (OpenDescription description in descriptions)
        {
            if (IsStateless(description.Status))
                Regular.NamedFiles.Inspect(inspection, description, withSize: false);
            else if (description.Info.Field("iff") is { } name)
                inspection.Refuse(description, $"is the tun or tap device '{name.Trim()}', an interface of the network namespace, which is not captured", "let the process close it first");
            else
                inspection.Refuse(description, $"is a device ({Kind(description.Status)}) whose driver's state can't be captured", "let the process close it first");
        }
    }

    private static bool IsStateless(FileStatus status) =>
        status.IsCharacterDevice && status.RDevice.Major == MemoryMajor && s_stateless.Contains(status.RDevice.Minor);

    private static string Kind(FileStatus status) =>
        $"{(status.IsBlockDevice ? "block" : "character")} {status.RDevice.Major}:{status.RDevice.Minor}";
}
