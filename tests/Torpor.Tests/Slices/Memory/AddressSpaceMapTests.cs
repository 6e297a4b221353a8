using Torpor.Linux;
using Torpor.Model;
using Torpor.Slices.Memory;
using Xunit;

namespace Torpor.Tests.Slices.Memory;

public class AddressSpaceMapTests
{
    private static MappingState Mapping(ulong start, ulong end) => new() { Start = start, End = end, Kind = MappingKind.AnonymousPrivate };

    private static RestoredAddressSpace Space(params (RemoteAddress, ulong)[] reserved) => new(new RemoteAddress(0x7000_0000), 0x10000, [], [], reserved);

    [Fact]
    public void FindHole_BetweenMappings_OverlapsNothing()
    {
        MappingState[] mappings = [Mapping(0x20000, 0x30000), Mapping(0x5000_0000, 0x6000_0000)];
        var map = new AddressSpaceMap(mappings, Space((new RemoteAddress(0x40000), 0x4000_0000)));

        ulong hole = map.FindHole(0x2000_0000, 0x200000, "test");

        Assert.Equal(0x7020_0000UL, hole);
    }

    [Fact]
    public void FindHole_LargerThanAnyHole_IsAnError()
    {
        var map = new AddressSpaceMap([Mapping(0x4000_0000_0000, 0x4000_0000_1000)], Space());

        Assert.Equal(FailureKind.RestoreFailed, Assert.Throws<TorporException>(() => map.FindHole(0x4000_0000_0000, 4096, "test")).Kind);
        Assert.Throws<TorporException>(() => map.FindHole(ulong.MaxValue, 4096, "test"));
    }

    [Theory]
    [InlineData(0x20000, 0x30000)]
    [InlineData(0x10000, 0x11000)]
    [InlineData(0x2f000, 0x40000)]
    public void Constructor_OverlapOrDisorder_IsDamage(ulong start, ulong end)
    {
        MappingState[] mappings = [Mapping(0x20000, 0x30000), Mapping(start, end)];

        Assert.Equal(FailureKind.ImageDamaged, Assert.Throws<TorporException>(() => new AddressSpaceMap(mappings, Space())).Kind);
    }

    [Fact]
    public void Constructor_OverlapWithTheToolsOwn_IsFound()
    {
        Assert.Throws<TorporException>(() => new AddressSpaceMap([Mapping(0x7000_f000, 0x7001_1000)], Space()));
        Assert.Throws<TorporException>(() => new AddressSpaceMap([Mapping(0x20000, 0x30000)], Space((new RemoteAddress(0x2f000), 0x1000))));
    }
}
