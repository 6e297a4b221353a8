using System.Globalization;
using Torpor.Linux;

namespace Torpor.Tracing;

/// <summary>One mapping that the kernel itself puts into every program: <c>[vvar]</c>, <c>[vvar_vclock]</c>, <c>[vdso]</c>. The set differs between kernels.</summary>
public sealed record KernelMapping(string Name, RemoteAddress Start, ulong Length);

/// <summary>The block of the kernel's own mappings in a process.</summary>
public sealed record KernelMappings(IReadOnlyList<KernelMapping> Parts)
{
    public RemoteAddress Start => Parts.Count == 0 ? default : Parts[0].Start;

    /// <summary>From the first part's start to the last one's end, in bytes.</summary>
    public ulong Length => Parts.Count == 0 ? 0 : Parts[^1].Start + Parts[^1].Length - Parts[0].Start;

    /// <summary>Reads them from /proc/PID/maps.</summary>
    public static KernelMappings Read(Pid pid)
    {
        List<KernelMapping> parts = [];
        foreach (string line in File.ReadLines($"/proc/{pid}/maps"))
        {
            int name = line.IndexOf(" [v", StringComparison.Ordinal);
            if (name < 0 || line.EndsWith("[vsyscall]", StringComparison.Ordinal))
                continue;
            int dash = line.IndexOf('-');
            int space = line.IndexOf(' ');
            ulong start = ulong.Parse(line.AsSpan(0, dash), NumberStyles.HexNumber);
            ulong end = ulong.Parse(line.AsSpan(dash + 1, space - dash - 1), NumberStyles.HexNumber);
            parts.Add(new KernelMapping(line[(name + 1)..], new RemoteAddress(start), end - start));
        }
        return new KernelMappings(parts);
    }

    /// <summary>The bytes of <c>[vdso]</c>, empty without one.</summary>
    public byte[] ReadVdso(RemoteMemory memory)
    {
        KernelMapping? vdso = Parts.FirstOrDefault(p => p.Name == "[vdso]");
        if (vdso is null)
            return [];
        byte[] content = new byte[vdso.Length];
        memory.Read(vdso.Start, content);
        return content;
    }
}
