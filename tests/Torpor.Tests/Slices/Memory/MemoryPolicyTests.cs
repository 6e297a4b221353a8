using Torpor.Slices.Memory;
using Xunit;

namespace Torpor.Tests.Slices.Memory;

public class MemoryPolicyTests
{
    private const string Sample = """
        55ec69baa000 default file=/usr/bin/python3.11 mapped=1 N0=1 kernelpagesize_kB=4
        7f6067400000 bind:0-1 anon=1 dirty=1 active=0 N0=1 kernelpagesize_kB=4
        7f6067500000 local
        7f6067600000 interleave:0 anon=1 dirty=1 N0=1 kernelpagesize_kB=4

        """;

    [Fact]
    public void Policies_NumaMaps_FindsThoseSet()
    {
        Assert.Equal([(0x7f6067400000UL, "bind:0-1"), (0x7f6067600000UL, "interleave:0")], MemoryPolicy.Policies(Sample));
    }
}
