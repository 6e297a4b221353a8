using Google.Protobuf;
using Torpor.Images.Messages;
using Torpor.Tracing;

namespace Torpor.Slices.Registers;

using Registers = Torpor.Tracing.Registers;

/// <summary>General registers and the xsave area of x86-64 to CRIU's messages and back.</summary>
internal static class RegistersImage
{
    private const int LegacyLength = 512;
    private const int HeaderLength = 64;
    private const int StOffset = 32;
    private const int XmmOffset = 160;

    public static ThreadInfoX86 ToImage(Registers r, ReadOnlySpan<byte> xstate) => new()
    {
        ClearTidAddr = 0,
        Gpregs = new UserX86RegsEntry
        {
            R15 = r.R15,
            R14 = r.R14,
            R13 = r.R13,
            R12 = r.R12,
            Bp = r.Rbp,
            Bx = r.Rbx,
            R11 = r.R11,
            R10 = r.R10,
            R9 = r.R9,
            R8 = r.R8,
            Ax = r.Rax,
            Cx = r.Rcx,
            Dx = r.Rdx,
            Si = r.Rsi,
            Di = r.Rdi,
            OrigAx = r.OrigRax,
            Ip = r.Rip,
            Cs = r.Cs,
            Flags = r.Eflags,
            Sp = r.Rsp,
            Ss = r.Ss,
            FsBase = r.FsBase,
            GsBase = r.GsBase,
            Ds = r.Ds,
            Es = r.Es,
            Fs = r.Fs,
            Gs = r.Gs,
            Mode = UserX86RegsMode.Native,
        },
        Fpregs = ToImage(xstate),
        TorporXstate = ByteString.CopyFrom(xstate),
    };

    public static Registers FromImage(UserX86RegsEntry e) => new()
    {
        R15 = e.R15,
        R14 = e.R14,
        R13 = e.R13,
        R12 = e.R12,
        Rbp = e.Bp,
        Rbx = e.Bx,
        R11 = e.R11,
        R10 = e.R10,
        R9 = e.R9,
        R8 = e.R8,
        Rax = e.Ax,
        Rcx = e.Cx,
        Rdx = e.Dx,
        Rsi = e.Si,
        Rdi = e.Di,
        OrigRax = e.OrigAx,
        Rip = e.Ip,
        Cs = e.Cs,
        Eflags = e.Flags,
        Rsp = e.Sp,
        Ss = e.Ss,
        FsBase = e.FsBase,
        GsBase = e.GsBase,
        Ds = e.Ds,
        Es = e.Es,
        Fs = e.Fs,
        Gs = e.Gs,
    };

    /// <summary>The xsave area of an image; from CRIU's fields when our own is missing.</summary>
    /// <param name="info">The image.</param>
    /// <param name="template">This processor's area as ptrace reads it: its length and its mask of features.</param>
    public static byte[] XStateFromImage(ThreadInfoX86 info, ReadOnlySpan<byte> template)
    {
        if (info.HasTorporXstate)
            return info.TorporXstate.ToByteArray();
        byte[] area = template.ToArray();
        area.AsSpan(0, Math.Min(area.Length, LegacyLength - 48)).Clear();
        area.AsSpan(Math.Min(area.Length, LegacyLength)).Clear();
        UserX86FpregsEntry fp = info.Fpregs;
        BitConverter.TryWriteBytes(area, (ushort)fp.Cwd);
        BitConverter.TryWriteBytes(area.AsSpan(2), (ushort)fp.Swd);
        BitConverter.TryWriteBytes(area.AsSpan(4), (ushort)fp.Twd);
        BitConverter.TryWriteBytes(area.AsSpan(6), (ushort)fp.Fop);
        BitConverter.TryWriteBytes(area.AsSpan(8), fp.Rip);
        BitConverter.TryWriteBytes(area.AsSpan(16), fp.Rdp);
        BitConverter.TryWriteBytes(area.AsSpan(24), fp.Mxcsr);
        BitConverter.TryWriteBytes(area.AsSpan(28), fp.MxcsrMask);
        PutWords(area, StOffset, 128, fp.StSpace);
        PutWords(area, XmmOffset, 256, fp.XmmSpace);
        if (fp.Xsave is { } xsave)
        {
            BitConverter.TryWriteBytes(area.AsSpan(LegacyLength), xsave.XstateBv);
            PutWords(area, XsaveComponents.Avx, xsave.YmmhSpace);
            PutQuads(area, XsaveComponents.BoundRegisters, xsave.BndregState);
            PutQuads(area, XsaveComponents.BoundConfiguration, xsave.BndcsrState);
            PutQuads(area, XsaveComponents.Opmask, xsave.OpmaskReg);
            PutQuads(area, XsaveComponents.ZmmUpper, xsave.ZmmUpper);
            PutQuads(area, XsaveComponents.Hi16Zmm, xsave.Hi16Zmm);
            PutWords(area, XsaveComponents.Pkru, xsave.Pkru);
        }
        return area;
    }

    private static UserX86FpregsEntry ToImage(ReadOnlySpan<byte> area)
    {
        var entry = new UserX86FpregsEntry
        {
            Cwd = BitConverter.ToUInt16(area),
            Swd = BitConverter.ToUInt16(area[2..]),
            Twd = BitConverter.ToUInt16(area[4..]),
            Fop = BitConverter.ToUInt16(area[6..]),
            Rip = BitConverter.ToUInt64(area[8..]),
            Rdp = BitConverter.ToUInt64(area[16..]),
            Mxcsr = BitConverter.ToUInt32(area[24..]),
            MxcsrMask = BitConverter.ToUInt32(area[28..]),
        };
        TakeWords(area, StOffset, 128, entry.StSpace);
        TakeWords(area, XmmOffset, 256, entry.XmmSpace);
        entry.Padding.AddRange(new uint[24]);
        if (area.Length < LegacyLength + HeaderLength)
            return entry;
        var xsave = new UserX86XsaveEntry { XstateBv = BitConverter.ToUInt64(area[LegacyLength..]) };
        TakeWords(area, XsaveComponents.Avx, xsave.YmmhSpace);
        TakeQuads(area, XsaveComponents.BoundRegisters, xsave.BndregState);
        TakeQuads(area, XsaveComponents.BoundConfiguration, xsave.BndcsrState);
        TakeQuads(area, XsaveComponents.Opmask, xsave.OpmaskReg);
        TakeQuads(area, XsaveComponents.ZmmUpper, xsave.ZmmUpper);
        TakeQuads(area, XsaveComponents.Hi16Zmm, xsave.Hi16Zmm);
        TakeWords(area, XsaveComponents.Pkru, xsave.Pkru);
        entry.Xsave = xsave;
        return entry;
    }

    private static void TakeWords(ReadOnlySpan<byte> area, int component, ICollection<uint> words)
    {
        if (XsaveComponents.TryFind(component, area.Length, out int offset, out int length))
            TakeWords(area, offset, length, words);
    }

    private static void TakeWords(ReadOnlySpan<byte> area, int offset, int length, ICollection<uint> words)
    {
        for (int i = 0; i < length; i += sizeof(uint))
            words.Add(BitConverter.ToUInt32(area[(offset + i)..]));
    }

    private static void TakeQuads(ReadOnlySpan<byte> area, int component, ICollection<ulong> quads)
    {
        if (!XsaveComponents.TryFind(component, area.Length, out int offset, out int length))
            return;
        for (int i = 0; i + sizeof(ulong) <= length; i += sizeof(ulong))
            quads.Add(BitConverter.ToUInt64(area[(offset + i)..]));
    }

    private static void PutWords(Span<byte> area, int component, IReadOnlyList<uint> words)
    {
        if (XsaveComponents.TryFind(component, area.Length, out int offset, out int length))
            PutWords(area, offset, length, words);
    }

    private static void PutWords(Span<byte> area, int offset, int length, IReadOnlyList<uint> words)
    {
        for (int i = 0; i < words.Count && i * sizeof(uint) < length; i++)
            BitConverter.TryWriteBytes(area[(offset + (i * sizeof(uint)))..], words[i]);
    }

    private static void PutQuads(Span<byte> area, int component, IReadOnlyList<ulong> quads)
    {
        if (!XsaveComponents.TryFind(component, area.Length, out int offset, out int length))
            return;
        for (int i = 0; i < quads.Count && (i + 1) * sizeof(ulong) <= length; i++)
            BitConverter.TryWriteBytes(area[(offset + (i * sizeof(ulong)))..], quads[i]);
    }
}
