using CsCheck;
using Google.Protobuf;
using Torpor.Images.Messages;
using Torpor.Linux.ProcFs;
using Torpor.Slices.Memory;
using Xunit;

namespace Torpor.Tests.Slices.Memory;

public class MappingImageTests
{
    private const ulong Page = 4096;

    private static readonly Gen<MappingState> AnyMapping =
        from kind in Gen.Int[0, (int)MappingKind.FileShared]
        from start in Gen.ULong[16, 1UL << 34]
        from pages in Gen.ULong[4, 1UL << 26]
        from protection in Gen.Int[0, 7]
        from offset in Gen.ULong[0, 1UL << 30]
        from traits in Gen.Int[0, 0x3ff]
        from write in Gen.Bool
        from memfd in Gen.Bool
        from guards in Gen.Int[0, 2]
        from id in Gen.UInt
        select new MappingState
        {
            Start = start * Page,
            End = (start + pages) * Page,
            Kind = (MappingKind)kind,
            Protection = (ProtectionFlags)protection,
            Offset = offset * Page,
            Advice = 1UL << 14,
            BackingId = id,
            Traits = Possible((MappingKind)kind, (MappingTraits)traits, write, memfd),
            HugePageShift = Possible((MappingKind)kind, (MappingTraits)traits, write, memfd).HasFlag(MappingTraits.HugePages) ? 21 : 0,
            Name = kind == (int)MappingKind.AnonymousPrivate ? "name" : "",
            Guards = [.. Enumerable.Range(0, guards).Select(i => new AddressRange((start + (2 * (ulong)i)) * Page, (start + (2 * (ulong)i) + 1) * Page))],
        };

    private static MappingTraits Possible(MappingKind kind, MappingTraits traits, bool write, bool memfd)
    {
        bool file = kind is MappingKind.FilePrivate or MappingKind.FileShared;
        if (file)
            traits |= (write ? MappingTraits.MayWrite : 0) | (memfd ? MappingTraits.Memfd : 0);
        return kind == MappingKind.AnonymousPrivate ? traits : traits & ~MappingTraits.Droppable;
    }

    [Fact]
    public void ToEntry_AnyMapping_ComesBackTheSame() => AnyMapping.Sample(state =>
    {
        VmaEntry entry = VmaEntry.Parser.ParseFrom(MappingImage.ToEntry(state).ToByteArray());
        MappingState back = MappingImage.FromEntry(entry);
        Assert.Equal(state with { Guards = [] }, back with { Guards = [] });
        Assert.Equal(state.Guards, back.Guards);
    });

    [Fact]
    public void ToEntry_Stack_HasCriusBits()
    {
        VmaEntry entry = MappingImage.ToEntry(new MappingState
        {
            Start = 0x7ffc00000000,
            End = 0x7ffc00021000,
            Kind = MappingKind.AnonymousPrivate,
            Traits = MappingTraits.Stack | MappingTraits.GrowsDown,
        });

        Assert.Equal(0x1u | 0x2u | 0x200u, entry.Status);
        Assert.Equal(0x2u | 0x20u | 0x100u, entry.Flags);
        Assert.Equal(-1, entry.Fd);
    }

    [Fact]
    public void FromEntry_ImageOfCriu_WritableMemoryCounts()
    {
        VmaEntry entry = Entry();
        entry.ClearTorporTraits();

        Assert.True(MappingImage.FromEntry(entry).Has(MappingTraits.Accounted));
    }

    public static TheoryData<string, Action<VmaEntry>> Damages => new()
    {
        { "empty", e => e.End = e.Start },
        { "backwards", e => e.End = e.Start - Page },
        { "unaligned start", e => e.Start++ },
        { "unaligned end", e => e.End++ },
        { "unaligned offset", e => e.Pgoff = 7 },
        { "kernel address", e => (e.Start, e.End) = (0xffff800000000000, 0xffff800000001000) },
        { "unknown protection", e => e.Prot = 0x80 },
        { "contradiction", e => e.Flags = 0x21 },
        { "two kinds", e => e.Status = 0x241 },
        { "no kind", e => e.Status = 1 },
        { "wrapping offset", e => e.Pgoff = ulong.MaxValue & ~(Page - 1) },
        { "huge object number", e => e.Shmid = 1UL << 32 },
        { "guard outside", e => e.TorporGuards.AddRange([e.End, e.End + Page]) },
        { "guard without end", e => e.TorporGuards.Add(e.Start) },
        { "guards out of order", e => e.TorporGuards.AddRange([e.Start + Page, e.Start + (2 * Page), e.Start, e.Start + Page]) },
    };

    [Theory]
    [MemberData(nameof(Damages))]
    public void FromEntry_Damaged_IsRejected(string what, Action<VmaEntry> damage)
    {
        VmaEntry entry = Entry();
        damage(entry);

        var error = Assert.Throws<TorporException>(() => MappingImage.FromEntry(entry));
        Assert.True(error.Kind == FailureKind.ImageDamaged, what);
    }

    [Theory]
    [InlineData(MappingImage.VMA_AREA_SYSVIPC)]
    [InlineData(MappingImage.VMA_AREA_SOCKET)]
    [InlineData(MappingImage.VMA_AREA_AIORING)]
    public void FromEntry_UnsupportedKind_IsRefused(uint status)
    {
        VmaEntry entry = Entry();
        entry.Status |= status;

        Assert.Equal(FailureKind.Refused, Assert.Throws<TorporException>(() => MappingImage.FromEntry(entry)).Kind);
    }

    private static VmaEntry Entry() => MappingImage.ToEntry(new MappingState
    {
        Start = 0x7f0000000000,
        End = 0x7f0000010000,
        Kind = MappingKind.AnonymousPrivate,
        Protection = ProtectionFlags.PROT_READ | ProtectionFlags.PROT_WRITE,
    });
}
