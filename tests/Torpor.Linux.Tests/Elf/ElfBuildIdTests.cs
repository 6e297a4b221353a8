using System.Buffers.Binary;
using Torpor.Linux.Elf;
using Torpor.Linux.Uapi;
using Xunit;

namespace Torpor.Linux.Tests.Elf;

public class ElfBuildIdTests
{
    private static byte[] Image(byte[] note)
    {
        byte[] image = new byte[64 + 56 + note.Length];
        new byte[] { 0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1 }.CopyTo(image, 0);
        BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan(32), 64);
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(54), 56);
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(56), 1);
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(64), 4);
        BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan(64 + 8), 120);
        BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan(64 + 32), (ulong)note.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan(64 + 48), 4);
        note.CopyTo(image, 120);
        return image;
    }

    private static byte[] Note(uint type, string name, params byte[] content)
    {
        byte[] note = new byte[12 + ((name.Length + 1 + 3) & ~3) + ((content.Length + 3) & ~3)];
        BinaryPrimitives.WriteUInt32LittleEndian(note, (uint)name.Length + 1);
        BinaryPrimitives.WriteUInt32LittleEndian(note.AsSpan(4), (uint)content.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(note.AsSpan(8), type);
        System.Text.Encoding.ASCII.GetBytes(name).CopyTo(note, 12);
        content.CopyTo(note, 12 + ((name.Length + 1 + 3) & ~3));
        return note;
    }

    private static byte[]? Read(byte[] image) => ElfBuildId.TryRead(new MemoryStream(image));

    [Fact]
    public void TryRead_NoteBehindAnother_IsFound() =>
        Assert.Equal([1, 2, 3, 4, 5], Read(Image([.. Note(1, "Linux", 9), .. Note(3, "Go", 8), .. Note(3, "GNU", 1, 2, 3, 4, 5)])));

    [Fact]
    public void TryRead_OfLibc_IsSameByEveryWay()
    {
        string libc = Linux.ProcFs.ProcTask.Self.Maps().First(m => m.Name.Contains("/libc.so")).Name;
        byte[]? id = ElfBuildId.TryRead(libc);

        Assert.NotNull(id);
        Assert.InRange(id.Length, 8, 64);
        using FileStream stream = File.OpenRead(libc);
        Assert.Equal(id, ElfBuildId.TryRead(stream));
        using Fd fd = FileCalls.Open(libc, Fcntl.O_RDONLY);
        Assert.Equal(id, ElfBuildId.TryRead(fd));
    }

    [Fact]
    public void TryRead_WithoutNote_GivesNull()
    {
        Assert.Null(Read(Image(Note(1, "GNU", 1))));
        Assert.Null(Read([]));
        Assert.Null(Read(new byte[200]));
        Assert.Null(ElfBuildId.TryRead("/dev/zero"));
        Assert.Null(ElfBuildId.TryRead("/no/such"));
    }

    [Fact]
    public void TryRead_EveryPrefixAndBitFlip_NeverThrows()
    {
        byte[] image = Image(Note(3, "GNU", 1, 2, 3, 4));
        for (int length = 0; length < image.Length; length++)
            Assert.Null(Read(image[..length]));
        int found = 0;
        for (int bit = 0; bit < image.Length * 8; bit++)
        {
            byte[] damaged = [.. image];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            found += Read(damaged) is { Length: <= 64 } ? 1 : 0;
        }
        Assert.NotEqual(0, found);
    }
}
