using System.Text;

namespace Torpor.Linux.ProcFs;

/// <summary>
/// /proc/PID/fdinfo/N, see proc_pid_fdinfo(5): what every descriptor has, and, parsed when asked for, what its kind adds.
/// </summary>
public sealed partial class FdInfo
{
    private readonly string _file;
    private readonly byte[] _text;

    private FdInfo(string file, byte[] text)
    {
        _file = file;
        _text = text;
    }

    /// <summary>The position in bytes.</summary>
    public long Position { get; private init; }

    /// <summary>Access mode and status flags, O_*, and O_CLOEXEC when the descriptor closes on exec.</summary>
    public int Flags { get; private init; }

    /// <summary>The id of the mount, as in mountinfo.</summary>
    public int MountId { get; private init; }

    /// <summary>The inode number; null before Linux 5.14.</summary>
    public ulong? Inode { get; private init; }

    /// <summary>The whole file.</summary>
    public string Text => PathText.Decode(_text);

    internal static FdInfo Parse(string file, byte[] text)
    {
        ProcFields fields = ProcFields.Read(file, text);
        return new FdInfo(file, text)
        {
            Position = fields.Required("pos").Signed("pos"),
            Flags = (int)fields.Required("flags").Octal("flags"),
            MountId = fields.Required("mnt_id").Int32("mnt_id"),
            Inode = fields.TryGet("ino", out ProcReader inode) ? inode.Decimal("ino") : null,
        };
    }

    /// <summary>The value of the first line <c>name:</c>, blanks around it taken off; null when there is none.</summary>
    public string? Field(string name) =>
        ProcFields.Read(_file, _text).TryGet(name, out ProcReader value) ? Encoding.UTF8.GetString(value.Rest).TrimEnd() : null;

    /// <summary>The locks that are held through the description by it or by the process; not those that a fork's parent holds.</summary>
    public IReadOnlyList<FileLock> Locks
    {
        get
        {
            var locks = new List<FileLock>();
            var reader = new ProcReader(_file, _text);
            while (reader.NextLine(out ProcReader line))
            {
                if (line.TryTake("lock:"u8))
                    locks.Add(FileLock.Parse(line));
            }
            return locks;
        }
    }
}
