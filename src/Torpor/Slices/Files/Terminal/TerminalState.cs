using Torpor.Linux;

namespace Torpor.Slices.Files.Terminal;

/// <summary>A description of a terminal that lives outside, see tty(4) and pts(4).</summary>
/// <param name="TerminalId">Which terminal, in tty-info.img.</param>
/// <param name="Flags">O_*.</param>
/// <param name="Owner">Who gets its signals.</param>
/// <param name="FileId">The entry with its path.</param>
internal sealed record TerminalState(uint TerminalId, uint Flags, SignalOwner Owner, uint FileId);

/// <summary>The state in files.img and tty-info.img.</summary>
internal static class TerminalImage
{
    public static FileEntry ToEntry(TerminalState state) => new()
    {
        Type = FdTypes.Tty,
        Tty = new TtyFileEntry { TtyInfoId = state.TerminalId, Flags = state.Flags, Fown = state.Owner.ToEntry(), RegfId = state.FileId },
    };

    public static TerminalState FromEntry(FileEntry entry)
    {
        TtyFileEntry message = entry.Tty ?? throw FileRestore.Damaged($"file id {entry.Id} is a terminal without its state");
        return new TerminalState(message.TtyInfoId, message.Flags, SignalOwner.FromEntry(message.Fown), message.RegfId);
    }

    /// <summary>The <c>struct termios</c> of an entry.</summary>
    public static byte[] ToRaw(TermiosEntry entry)
    {
        byte[] raw = new byte[36];
        BitConverter.TryWriteBytes(raw, entry.CIflag);
        BitConverter.TryWriteBytes(raw.AsSpan(4), entry.COflag);
        BitConverter.TryWriteBytes(raw.AsSpan(8), entry.CCflag);
        BitConverter.TryWriteBytes(raw.AsSpan(12), entry.CLflag);
        raw[16] = (byte)entry.CLine;
        for (int i = 0; i < Math.Min(19, entry.CCc.Count); i++)
            raw[17 + i] = (byte)entry.CCc[i];
        return raw;
    }

    /// <summary>The <c>struct winsize</c> of an entry.</summary>
    public static byte[] ToRaw(WinsizeEntry entry) =>
        [.. new[] { entry.WsRow, entry.WsCol, entry.WsXpixel, entry.WsYpixel }.SelectMany(value => BitConverter.GetBytes((ushort)value))];

    public static TtyInfoEntry ToInfo(uint id, FileStatus status, uint session, byte[]? termios, byte[]? window)
    {
        var info = new TtyInfoEntry
        {
            Id = id,
            Type = TypeOf(status.RDevice),
            Locked = false,
            Exclusive = false,
            PacketMode = false,
            Sid = session,
            Pgrp = 0,
            Rdev = (uint)status.RDevice.ToStat(),
            Dev = (uint)status.Device.ToStat(),
            Uid = status.Uid,
            Gid = status.Gid,
        };
        if (info.Type == TtyType.Pty)
            info.Pty = new TtyPtyEntry { Index = status.RDevice.Minor };
        if (termios is not null)
            info.Termios = Termios(termios);
        if (window is not null)
        {
            info.Winsize = new WinsizeEntry
            {
                WsRow = BitConverter.ToUInt16(window, 0),
                WsCol = BitConverter.ToUInt16(window, 2),
                WsXpixel = BitConverter.ToUInt16(window, 4),
                WsYpixel = BitConverter.ToUInt16(window, 6),
            };
        }
        return info;
    }

    /// <summary>The kernel's <c>struct termios</c>: four flag words, the line discipline, nineteen characters. The speeds are a part of c_cflag.</summary>
    private static TermiosEntry Termios(byte[] raw)
    {
        const int Characters = 19;
        const uint CBAUD = 0x100f;
        var entry = new TermiosEntry
        {
            CIflag = BitConverter.ToUInt32(raw, 0),
            COflag = BitConverter.ToUInt32(raw, 4),
            CCflag = BitConverter.ToUInt32(raw, 8),
            CLflag = BitConverter.ToUInt32(raw, 12),
            CLine = raw[16],
        };
        entry.CIspeed = entry.CCflag & CBAUD;
        entry.COspeed = entry.CCflag & CBAUD;
        for (int i = 0; i < Characters; i++)
            entry.CCc.Add(raw[17 + i]);
        return entry;
    }

    private static TtyType TypeOf(DeviceId device) => device switch
    {
        { Major: >= 136 and <= 143 } => TtyType.Pty,
        { Major: 5, Minor: 0 } => TtyType.Ctty,
        { Major: 5, Minor: 1 } => TtyType.Console,
        { Major: 4, Minor: < 64 } => TtyType.Vt,
        _ => TtyType.Serial,
    };
}
