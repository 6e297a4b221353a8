using System.Globalization;
using Torpor.Linux;
using Torpor.Linux.ProcFs;

namespace Torpor.Tests.Slices.Memory;

/// <summary>Mappings from text as /proc/PID/maps has it, with the flags of smaps as a value.</summary>
internal static class Mappings
{
    public const VmFlags Ordinary = VmFlags.Readable | VmFlags.Writable | VmFlags.MayRead | VmFlags.MayWrite | VmFlags.MayExecute | VmFlags.Account;

    public static MemoryMapping Parse(string line, VmFlags flags = Ordinary, long pageSizeKb = 4, int key = 0)
    {
        string[] words = line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries);
        string[] range = words[0].Split('-');
        string[] device = words[3].Split(':');
        string name = words.Length > 5 ? words[5] : "";
        bool deleted = name.EndsWith(" (deleted)", StringComparison.Ordinal);
        ProtectionFlags protection = (words[1][0] == 'r' ? ProtectionFlags.PROT_READ : 0)
            | (words[1][1] == 'w' ? ProtectionFlags.PROT_WRITE : 0)
            | (words[1][2] == 'x' ? ProtectionFlags.PROT_EXEC : 0);
        return new MemoryMapping
        {
            Start = new RemoteAddress(Hex(range[0])),
            End = new RemoteAddress(Hex(range[1])),
            Protection = protection,
            Shared = words[1][3] == 's',
            Offset = Hex(words[2]),
            Device = new DeviceId((uint)Hex(device[0]), (uint)Hex(device[1])),
            Inode = ulong.Parse(words[4], CultureInfo.InvariantCulture),
            Name = deleted ? name[..^" (deleted)".Length] : name,
            Deleted = deleted,
            VmFlags = flags,
            KernelPageSizeKb = pageSizeKb,
            ProtectionKey = key,
        };
    }

    private static ulong Hex(string text) => ulong.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
