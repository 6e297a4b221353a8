using System.Buffers.Binary;
using Torpor.Linux;
using Torpor.Linux.ProcFs;
using Torpor.Tracing;

namespace Torpor.Slices.Limits;

/// <summary>The steps that set an image's limits where they are not what the tool hands down.</summary>
/// <param name="program">What the leader runs.</param>
/// <param name="own">The tool's own limits.</param>
/// <param name="mayRaise">The task holds CAP_SYS_RESOURCE outside of any user namespace of its own.</param>
internal sealed class LimitsRestore(SyscallProgram program, LimitsState own, bool mayRaise)
{
    /// <summary>What prlimit(1) and people call them, and the option of the shell's ulimit.</summary>
    private static readonly (string Name, char Option)[] Names =
    [
        ("cpu time", 't'), ("file size", 'f'), ("data size", 'd'), ("stack size", 's'), ("core file size", 'c'), ("resident set", 'm'),
        ("processes", 'u'), ("open files", 'n'), ("locked memory", 'l'), ("address space", 'v'), ("file locks", 'x'),
        ("pending signals", 'i'), ("message queues", 'q'), ("nice priority", 'e'), ("real-time priority", 'r'), ("real-time timeout", 'R'),
    ];

    public void Compile(LimitsState state)
    {
        ThrowUnlessPossible(state);
        for (int resource = 0; resource < state.Limits.Count; resource++)
        {
            ResourceLimit limit = state.Limits[resource];
            if (limit == StubLimits.Of(resource, own.Limits[resource]))
                continue;
            byte[] bytes = new byte[16];
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, limit.Soft);
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8), limit.Hard);
            program.Call($"set the limit of {Names[resource].Name} to {Describe(limit.Soft)} (hard {Describe(limit.Hard)})",
                SyscallNumber.prlimit64, 0, resource, program.Data(bytes), 0);
        }
    }

    private void ThrowUnlessPossible(LimitsState state)
    {
        if (state.Limits.Count > Names.Length)
            throw new TorporException(FailureKind.ImageDamaged, $"the image has {state.Limits.Count} resource limits, and there are {Names.Length}");
        List<int> missing = [];
        for (int resource = 0; resource < state.Limits.Count; resource++)
        {
            ResourceLimit limit = state.Limits[resource];
            if (limit.Soft > limit.Hard)
                throw new TorporException(FailureKind.ImageDamaged, $"the image's limit of {Names[resource].Name} is {limit.Soft}, above its hard limit {limit.Hard}");
            if (limit.Hard > own.Limits[resource].Hard && !mayRaise)
                missing.Add(resource);
        }
        if (missing.Count == 0)
            return;
        throw new TorporException(FailureKind.PrivilegeMissing,
            "the process's limits were above torpor's own hard limits: "
            + string.Join(", ", missing.Select(r => $"{Names[r].Name} {Describe(state.Limits[r].Hard)} (own {Describe(own.Limits[r].Hard)})")),
            "restore from a session with limits at least as high (look at them with "
            + string.Join(", ", missing.Select(r => $"ulimit -H{Names[r].Option}")) + "), or as root");
    }

    private static string Describe(ulong value) => value == ResourceLimit.Infinity ? "unlimited" : $"{value}";
}
