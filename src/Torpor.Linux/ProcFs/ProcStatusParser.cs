using System.Text;

namespace Torpor.Linux.ProcFs;

/// <summary>Reads /proc/PID/status.</summary>
internal static class ProcStatusParser
{
    /// <summary>As many as the kernel lets a process have.</summary>
    private const int MaximumGroups = 65536;

    /// <summary>As deep as pid namespaces nest, and the one of the /proc mount.</summary>
    private const int MaximumNamespaces = 33;

    public static ProcStatus Parse(string file, ReadOnlySpan<byte> text)
    {
        ProcFields fields = ProcFields.Read(file, text);
        char state = (char)fields.Required("State").Byte("State");
        int pid = fields.Required("Pid").Int32("Pid");
        int tgid = fields.Required("Tgid").Int32("Tgid");
        bool hasMemory = fields.Has("VmSize");
        return new ProcStatus
        {
            Name = PathText.Decode(ProcEscapes.NewlineAndBackslash(fields.Required("Name", skipBlanks: false).Rest)),
            Umask = fields.TryGet("Umask", out ProcReader umask) ? (uint)umask.Octal("Umask") : 0,
            State = state,
            Tgid = new Pid(tgid),
            Pid = new Tid(pid),
            PPid = new Pid(fields.Required("PPid").Int32("PPid")),
            TracerPid = new Pid(fields.TryGet("TracerPid", out ProcReader tracer) ? tracer.Int32("TracerPid") : 0),
            Uids = Ids(fields, "Uid"),
            Gids = Ids(fields, "Gid"),
            FdSize = fields.TryGet("FDSize", out ProcReader size) ? size.Int32("FDSize") : 0,
            Groups = Groups(fields),
            NStgid = Namespaced(fields, "NStgid", tgid),
            NSpid = Namespaced(fields, "NSpid", pid),
            NSpgid = Namespaced(fields, "NSpgid", 0),
            NSsid = Namespaced(fields, "NSsid", 0),
            KernelThread = fields.TryGet("Kthread", out ProcReader kthread) ? kthread.Int32("Kthread") != 0 : !hasMemory && state is not ('Z' or 'X'),
            VmSizeKb = fields.TryGet("VmSize", out ProcReader vmSize) ? vmSize.Signed("VmSize") : 0,
            VmRssKb = fields.TryGet("VmRSS", out ProcReader vmRss) ? vmRss.Signed("VmRSS") : 0,
            ThpEnabled = fields.TryGet("THP_enabled", out ProcReader thp) ? thp.Int32("THP_enabled") != 0 : null,
            Threads = fields.Required("Threads").Int32("Threads"),
            SigQ = Queue(fields),
            SigPnd = fields.Required("SigPnd").Hex("SigPnd"),
            ShdPnd = fields.Required("ShdPnd").Hex("ShdPnd"),
            SigBlk = fields.Required("SigBlk").Hex("SigBlk"),
            SigIgn = fields.Required("SigIgn").Hex("SigIgn"),
            SigCgt = fields.Required("SigCgt").Hex("SigCgt"),
            CapInh = fields.Required("CapInh").Hex("CapInh"),
            CapPrm = fields.Required("CapPrm").Hex("CapPrm"),
            CapEff = fields.Required("CapEff").Hex("CapEff"),
            CapBnd = fields.Required("CapBnd").Hex("CapBnd"),
            CapAmb = fields.Required("CapAmb").Hex("CapAmb"),
            NoNewPrivs = fields.Required("NoNewPrivs").Int32("NoNewPrivs") != 0,
            Seccomp = fields.TryGet("Seccomp", out ProcReader seccomp) ? seccomp.Int32("Seccomp") : 0,
            SeccompFilters = fields.TryGet("Seccomp_filters", out ProcReader filters) ? filters.Int32("Seccomp_filters") : null,
            CpusAllowed = fields.Text("Cpus_allowed"),
            CpusAllowedList = fields.Text("Cpus_allowed_list"),
        };
    }

    private static CredentialIds Ids(ProcFields fields, string name)
    {
        ProcReader line = fields.Required(name);
        Span<uint> ids = stackalloc uint[4];
        for (int i = 0; i < ids.Length; i++)
        {
            line.SkipBlanks();
            ids[i] = line.UInt32(name);
        }
        return new CredentialIds(ids[0], ids[1], ids[2], ids[3]);
    }

    private static List<uint> Groups(ProcFields fields)
    {
        ProcReader line = fields.Required("Groups");
        var groups = new List<uint>();
        for (line.SkipBlanks(); !line.AtEnd; line.SkipBlanks())
        {
            if (groups.Count >= MaximumGroups)
                throw line.Fail("Groups", "too many");
            groups.Add(line.UInt32("Groups"));
        }
        return groups;
    }

    private static List<int> Namespaced(ProcFields fields, string name, int otherwise)
    {
        // Absent on a kernel without pid namespaces.
        if (!fields.TryGet(name, out ProcReader line))
            return [otherwise];
        var ids = new List<int>();
        for (line.SkipBlanks(); !line.AtEnd; line.SkipBlanks())
        {
            if (ids.Count >= MaximumNamespaces)
                throw line.Fail(name, "too many");
            ids.Add(line.Int32(name));
        }
        return ids.Count > 0 ? ids : throw line.Fail(name, "missing");
    }

    private static (ulong Queued, ulong Limit) Queue(ProcFields fields)
    {
        if (!fields.TryGet("SigQ", out ProcReader line))
            return default;
        ulong queued = line.Decimal("SigQ");
        line.Expect((byte)'/', "SigQ");
        return (queued, line.Decimal("SigQ"));
    }
}

/// <summary>Lines of <c>Name:\tvalue</c>, found by name; names that nobody asks for are passed over.</summary>
internal readonly ref struct ProcFields
{
    private readonly string _file;
    private readonly ReadOnlySpan<byte> _text;
    private readonly Dictionary<string, (int Offset, int Length)> _lines;

    private ProcFields(string file, ReadOnlySpan<byte> text, Dictionary<string, (int Offset, int Length)> lines)
    {
        _file = file;
        _text = text;
        _lines = lines;
    }

    public static ProcFields Read(string file, ReadOnlySpan<byte> text)
    {
        var lines = new Dictionary<string, (int Offset, int Length)>();
        var reader = new ProcReader(file, text);
        int start = 0;
        while (reader.NextLine(out ProcReader line))
        {
            int colon = line.Rest.IndexOf((byte)':');
            if (colon > 0)
                lines.TryAdd(Encoding.Latin1.GetString(line.Rest[..colon]), (start + colon + 1, line.Rest.Length - colon - 1));
            start = reader.Position;
        }
        return new ProcFields(file, text, lines);
    }

    public bool Has(string name) => _lines.ContainsKey(name);

    public bool TryGet(string name, out ProcReader value)
    {
        if (!_lines.TryGetValue(name, out (int Offset, int Length) line))
        {
            value = default;
            return false;
        }
        value = new ProcReader(_file, _text.Slice(line.Offset, line.Length), line.Offset);
        value.SkipBlanks();
        return true;
    }

    /// <summary>The value of a line that must be there; without <paramref name="skipBlanks"/> only the one tab after the colon is taken.</summary>
    public ProcReader Required(string name, bool skipBlanks = true)
    {
        if (!_lines.TryGetValue(name, out (int Offset, int Length) line))
            throw new ProcFormatException(_file, _text.Length, name, "missing");
        var value = new ProcReader(_file, _text.Slice(line.Offset, line.Length), line.Offset);
        if (skipBlanks)
            value.SkipBlanks();
        else
            value.TryTake("\t"u8);
        return value;
    }

    public string Text(string name) => TryGet(name, out ProcReader value) ? PathText.Decode(value.Rest) : "";
}
