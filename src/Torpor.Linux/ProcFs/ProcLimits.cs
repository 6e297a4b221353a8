namespace Torpor.Linux.ProcFs;

/// <summary>A resource limit; <see cref="Infinity"/> is RLIM_INFINITY.</summary>
public readonly record struct ResourceLimit(ulong Soft, ulong Hard)
{
    public const ulong Infinity = ulong.MaxValue;
}

/// <summary>/proc/PID/limits: the limits by their RLIMIT_* number, in the units of getrlimit(2). Readable by everyone.</summary>
public sealed class ProcLimits
{
    private readonly ResourceLimit[] _limits;

    private ProcLimits(ResourceLimit[] limits) => _limits = limits;

    /// <summary>The names in the file, by RLIMIT_* number.</summary>
    private static readonly string[] Names =
    [
        "Max cpu time", "Max file size", "Max data size", "Max stack size", "Max core file size", "Max resident set",
        "Max processes", "Max open files", "Max locked memory", "Max address space", "Max file locks",
        "Max pending signals", "Max msgqueue size", "Max nice priority", "Max realtime priority", "Max realtime timeout",
    ];

    /// <summary>The number of limits: RLIM_NLIMITS.</summary>
    public int Count => _limits.Length;

    /// <summary>The limit with an RLIMIT_* number.</summary>
    public ResourceLimit this[int resource] => _limits[resource];

    internal static ProcLimits Parse(string file, ReadOnlySpan<byte> text)
    {
        var limits = new ResourceLimit[Names.Length];
        int found = 0;
        var reader = new ProcReader(file, text);
        while (reader.NextLine(out ProcReader line))
        {
            int resource = Find(line.Rest);
            if (resource < 0)
                continue;
            line.Skip(Names[resource].Length);
            limits[resource] = new ResourceLimit(Value(ref line, Names[resource]), Value(ref line, Names[resource]));
            found |= 1 << resource;
        }
        for (int resource = 0; resource < Names.Length; resource++)
        {
            if ((found & (1 << resource)) == 0)
                throw reader.Fail(Names[resource], "missing");
        }
        return new ProcLimits(limits);
    }

    private static int Find(ReadOnlySpan<byte> line)
    {
        for (int resource = 0; resource < Names.Length; resource++)
        {
            string name = Names[resource];
            if (line.Length > name.Length && line[name.Length] == ' ' && System.Text.Ascii.Equals(line[..name.Length], name))
                return resource;
        }
        return -1;
    }

    private static ulong Value(ref ProcReader line, string field)
    {
        line.SkipBlanks();
        return line.TryTake("unlimited"u8) ? ResourceLimit.Infinity : line.Decimal(field);
    }
}
