using System.Buffers.Binary;
using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Linux.ProcFs;
using Torpor.Model;
using Torpor.Slices.Vdso;
using Torpor.Tracing;
using Xunit;

namespace Torpor.Tests.Slices.Vdso;

public class VdsoTests
{
    /// <summary>An ELF file of 256 bytes in a page.</summary>
    private static byte[] Elf()
    {
        byte[] page = new byte[4096];
        "\x7f"u8.CopyTo(page);
        "ELF\x02"u8.CopyTo(page.AsSpan(1));
        BinaryPrimitives.WriteUInt64LittleEndian(page.AsSpan(0x20), 64);
        BinaryPrimitives.WriteUInt16LittleEndian(page.AsSpan(0x38), 1);
        BinaryPrimitives.WriteUInt64LittleEndian(page.AsSpan(64 + 8), 0);
        BinaryPrimitives.WriteUInt64LittleEndian(page.AsSpan(64 + 32), 256);
        page[200] = 0x90;
        return page;
    }

    [Fact]
    public void Content_CodeInThePadding_IsNotPartOfIt()
    {
        byte[] clean = Elf(), poked = Elf();
        poked[2000] = 0xcc;

        Assert.Equal(256, VdsoElf.Content(clean).Length);
        Assert.True(VdsoElf.Content(clean).SequenceEqual(VdsoElf.Content(poked)));
    }

    [Fact]
    public void Content_OfThisKernel_IsWholeAndSmallerThanTheMapping()
    {
        MemoryMapping? vdso = ProcTask.Self.Maps().FirstOrDefault(m => m.Name == "[vdso]");
        Assert.SkipWhen(vdso is null, "this kernel gives processes no vDSO");
        using var memory = new RemoteMemory(new Pid(Environment.ProcessId));
        byte[] bytes = new byte[vdso.Length];
        memory.Read(vdso.Start, bytes);

        int length = VdsoElf.Content(bytes).Length;

        Assert.InRange(length, 1000, bytes.Length);
        Assert.False(bytes.AsSpan(length).ContainsAnyExcept((byte)0));
    }

    [Theory]
    [InlineData(0x20)]
    [InlineData(0x28)]
    [InlineData(64 + 8)]
    [InlineData(64 + 32)]
    public void Content_LyingHeader_StaysInBounds(int at)
    {
        byte[] elf = Elf();
        BinaryPrimitives.WriteUInt64LittleEndian(elf.AsSpan(at), ulong.MaxValue - 8);

        Assert.InRange(VdsoElf.Content(elf).Length, 64, elf.Length);
    }

    private static MmEntry Mm(byte[] content)
    {
        var mm = new MmEntry();
        mm.Vmas.Add(new VmaEntry { Start = 0x7f0000000000, End = 0x7f0000004000, Status = 0x1201, TorporName = "[vvar]" });
        mm.Vmas.Add(new VmaEntry { Start = 0x7f0000004000, End = 0x7f0000006000, Status = 0x1201, TorporName = "[vvar_vclock]" });
        mm.Vmas.Add(new VmaEntry { Start = 0x7f0000006000, End = 0x7f0000007000, Status = 0x209 });
        VdsoImage.SetContent(mm, VdsoElf.Content(content));
        return mm;
    }

    private static RestoreContext Context(MmEntry mm, byte[] here, params (string, ulong, ulong)[] parts) =>
        SingleProcess.Restore(new ProcessImages { Mm = mm }, "1 (test)", [], addressSpace: new RestoredAddressSpace(new RemoteAddress(0x10000000), 0x7000, parts, here, []));

    private static readonly (string, ulong, ulong)[] SameParts = [("[vvar]", 0, 0x4000), ("[vvar_vclock]", 0x4000, 0x2000), ("[vdso]", 0x6000, 0x1000)];

    [Fact]
    public void Compile_SameKernel_MovesEachPart()
    {
        RestoreContext context = Context(Mm(Elf()), Elf(), SameParts);

        new VdsoSlice().Compile(context);

        Assert.Equal(
        [
            "mremap(0x10000000, 0x4000, 0x4000, 3, 0x7f0000000000) = 0x7f0000000000  # move [vvar] to 0x7f0000000000",
            "mremap(0x10004000, 0x2000, 0x2000, 3, 0x7f0000004000) = 0x7f0000004000  # move [vvar_vclock] to 0x7f0000004000",
            "mremap(0x10006000, 0x1000, 0x1000, 3, 0x7f0000006000) = 0x7f0000006000  # move [vdso] to 0x7f0000006000",
        ], context.Memory.Steps.Select(s => s.ToString()));
    }

    [Fact]
    public void Compile_OtherCode_IsRefused()
    {
        byte[] other = Elf();
        other[200] = 0x91;

        var error = Assert.Throws<TorporException>(() => new VdsoSlice().Compile(Context(Mm(Elf()), other, SameParts)));
        Assert.Equal(FailureKind.Refused, error.Kind);
        Assert.Contains("another kernel", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Compile_OtherSetOfParts_IsRefused() =>
        Assert.Throws<TorporException>(() => new VdsoSlice().Compile(Context(Mm(Elf()), Elf(), ("[vvar]", 0, 0x4000), ("[vdso]", 0x4000, 0x1000))));

    [Fact]
    public void Compile_ProcessWithoutVdso_UnmapsIt()
    {
        RestoreContext context = Context(new MmEntry(), Elf(), SameParts);

        new VdsoSlice().Compile(context);

        Assert.StartsWith("munmap(0x10000000, 0x7000)", Assert.Single(context.Memory.Steps).ToString(), StringComparison.Ordinal);
    }
}
