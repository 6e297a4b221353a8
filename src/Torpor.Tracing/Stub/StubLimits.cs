using System.Buffers.Binary;
using Torpor.Linux.ProcFs;
using static Torpor.Linux.Uapi.Resource;

namespace Torpor.Tracing;

/// <summary>
/// The limits that a stub starts with: the tool's own, but for those that could stop a plan, whose soft limit is raised to
/// the hard one. The plan sets the image's limits at its end.
/// </summary>
public static class StubLimits
{
    /// <summary>
    /// RLIMIT_* numbers. Not the stack's, by which the kernel lays out a new address space.
    /// </summary>
    public static IReadOnlyList<int> Raised { get; } = [RLIMIT_NOFILE, RLIMIT_MEMLOCK, RLIMIT_SIGPENDING, RLIMIT_NICE, RLIMIT_RTPRIO];

    /// <summary>What a stub has where the tool has <paramref name="own"/>.</summary>
    public static ResourceLimit Of(int resource, ResourceLimit own) => Raised.Contains(resource) ? new ResourceLimit(own.Hard, own.Hard) : own;

    /// <summary>struct rlimit64 with both limits the same.</summary>
    internal static byte[] Encode(ulong limit)
    {
        byte[] bytes = new byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, limit);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8), limit);
        return bytes;
    }
}
