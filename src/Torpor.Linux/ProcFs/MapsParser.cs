namespace Torpor.Linux.ProcFs;

/// <summary>Reads /proc/PID/maps and /proc/PID/smaps, in pieces of whole lines, in one pass.</summary>
internal sealed class MapsParser(string file)
{
    /// <summary>More mappings than any setting of vm.max_map_count allows.</summary>
    private const int MaximumMappings = 1 << 24;

    private readonly List<MemoryMapping> _mappings = [];
    private readonly List<string> _unknown = [];
    private long _offset;
    private bool _open;
    private Fields _current;
    private byte[] _lastName = [];
    private string _lastText = "";

    private struct Fields
    {
        public ulong Start, End, Offset, Inode;
        public ProtectionFlags Protection;
        public bool Shared, Deleted;
        public DeviceId Device;
        public string Name;
        public VmFlags VmFlags;
        public long Rss, Anonymous, Swap, KernelPageSize;
        public int ProtectionKey;
    }

    /// <summary>A whole file.</summary>
    public static List<MemoryMapping> Parse(string file, ReadOnlySpan<byte> text)
    {
        var parser = new MapsParser(file);
        parser.Feed(text);
        return parser.Finish();
    }

    /// <summary>The next piece; it must end at the end of a line, or of the file.</summary>
    public void Feed(ReadOnlySpan<byte> lines)
    {
        var reader = new ProcReader(file, lines, _offset);
        while (reader.NextLine(out ProcReader line))
        {
            // The names of smaps' fields start with a capital, addresses are in small letters.
            if (line.Peek is >= (byte)'A' and <= (byte)'Z')
                Field(ref line);
            else
                Header(ref line);
        }
        _offset += lines.Length;
    }

    public List<MemoryMapping> Finish()
    {
        Close();
        return _mappings;
    }

    private void Header(ref ProcReader line)
    {
        Close();
        if (_mappings.Count >= MaximumMappings)
            throw line.Fail("mapping", "too many mappings");
        _current = default;
        _current.Start = line.Hex("start");
        line.Expect((byte)'-', "end");
        _current.End = line.Hex("end");
        if (_current.End <= _current.Start)
            throw line.Fail("end", "not above the start");
        line.SkipBlanks();
        ReadPermissions(ref line);
        line.SkipBlanks();
        _current.Offset = line.Hex("offset");
        line.SkipBlanks();
        uint major = line.Hex32("device");
        line.Expect((byte)':', "device");
        _current.Device = new DeviceId(major, line.Hex32("device"));
        line.SkipBlanks();
        _current.Inode = line.Decimal("inode");
        if (!line.AtEnd)
            line.Expect((byte)' ', "name");
        // The kernel pads with blanks up to a fixed column, and then one more before the name. A name of a mapping starts
        // with '/' or '[', so that no blank of its own is lost.
        line.SkipBlanks();
        ReadName(line.Rest);
        _open = true;
    }

    private void ReadPermissions(ref ProcReader line)
    {
        ProtectionFlags protection = ProtectionFlags.PROT_NONE;
        protection |= Permission(line.Byte("permissions"), 'r', ProtectionFlags.PROT_READ, ref line);
        protection |= Permission(line.Byte("permissions"), 'w', ProtectionFlags.PROT_WRITE, ref line);
        protection |= Permission(line.Byte("permissions"), 'x', ProtectionFlags.PROT_EXEC, ref line);
        _current.Protection = protection;
        _current.Shared = line.Byte("permissions") switch
        {
            (byte)'s' => true,
            (byte)'p' => false,
            _ => throw line.Fail("permissions", "'s' or 'p' expected"),
        };
    }

    private static ProtectionFlags Permission(byte actual, char letter, ProtectionFlags flag, ref ProcReader line) =>
        actual == letter ? flag
        : actual == '-' ? ProtectionFlags.PROT_NONE
        : throw line.Fail("permissions", $"'{letter}' or '-' expected");

    private void ReadName(ReadOnlySpan<byte> name)
    {
        ReadOnlySpan<byte> suffix = " (deleted)"u8;
        _current.Deleted = name.Length > suffix.Length && name.EndsWith(suffix);
        if (_current.Deleted)
            name = name[..^suffix.Length];
        // A library has some five mappings in a row: their names share one string.
        if (!name.SequenceEqual(_lastName))
        {
            _lastName = name.ToArray();
            _lastText = PathText.Decode(name.IndexOf((byte)'\\') < 0 ? name : ProcEscapes.Newlines(name));
        }
        _current.Name = _lastText;
    }

    private void Field(ref ProcReader line)
    {
        if (!_open)
            throw line.Fail("start", "a field before the first mapping");
        // Most of the twenty-odd lines of a record are not wanted: their first letter tells for the greater part.
        switch (line.Peek)
        {
            case (byte)'V' when line.TryTake("VmFlags:"u8):
                ReadVmFlags(ref line);
                break;
            case (byte)'R' when line.TryTake("Rss:"u8):
                _current.Rss = Number(ref line, "Rss");
                break;
            case (byte)'A' when line.TryTake("Anonymous:"u8):
                _current.Anonymous = Number(ref line, "Anonymous");
                break;
            case (byte)'S' when line.TryTake("Swap:"u8):
                _current.Swap = Number(ref line, "Swap");
                break;
            case (byte)'K' when line.TryTake("KernelPageSize:"u8):
                _current.KernelPageSize = Number(ref line, "KernelPageSize");
                break;
            case (byte)'P' when line.TryTake("ProtectionKey:"u8):
                _current.ProtectionKey = (int)Math.Min(Number(ref line, "ProtectionKey"), int.MaxValue);
                break;
        }
    }

    private static long Number(ref ProcReader line, string field)
    {
        line.SkipBlanks();
        return line.Signed(field);
    }

    private void ReadVmFlags(ref ProcReader line)
    {
        line.SkipBlanks();
        while (!line.AtEnd)
        {
            ReadOnlySpan<byte> code = line.Word("VmFlags");
            VmFlags flag = code.Length == 2 ? VmFlagCodes.Parse(code[0], code[1]) : VmFlags.None;
            _current.VmFlags |= flag;
            if (flag == VmFlags.None)
                _unknown.Add(PathText.Decode(code));
            line.SkipBlanks();
        }
    }

    private void Close()
    {
        if (!_open)
            return;
        _open = false;
        _mappings.Add(new MemoryMapping
        {
            Start = new RemoteAddress(_current.Start),
            End = new RemoteAddress(_current.End),
            Protection = _current.Protection,
            Shared = _current.Shared,
            Offset = _current.Offset,
            Device = _current.Device,
            Inode = _current.Inode,
            Name = _current.Name,
            Deleted = _current.Deleted,
            VmFlags = _current.VmFlags,
            UnknownVmFlags = _unknown.Count == 0 ? [] : _unknown.ToArray(),
            RssKb = _current.Rss,
            AnonymousKb = _current.Anonymous,
            SwapKb = _current.Swap,
            KernelPageSizeKb = _current.KernelPageSize,
            ProtectionKey = _current.ProtectionKey,
        });
        _unknown.Clear();
    }
}
