using System.Text;
using Torpor.Linux.ProcFs;
using Xunit;

namespace Torpor.Linux.Tests.ProcFs;

public class MapsParserTests
{
    private static List<MemoryMapping> Parse(string text) => MapsParser.Parse("maps", Encoding.UTF8.GetBytes(text));

    [Fact]
    public void Parse_MapsAndSmapsOfOneProcess_GiveTheSameMappings()
    {
        List<MemoryMapping> maps = MapsParser.Parse("maps", Sample.Read("linux-6.18/maps"));
        List<MemoryMapping> smaps = MapsParser.Parse("smaps", Sample.Read("linux-6.18/smaps"));

        Assert.Equal(Encoding.UTF8.GetString(Sample.Read("linux-6.18/maps")).Count(c => c == '\n'), maps.Count);
        Assert.Equal(maps.Select(m => m.ToString()), smaps.Select(m => m.ToString()));
    }

    [Fact]
    public void Parse_NameWithNewlineAndDeletedSuffix_IsUnescaped()
    {
        MemoryMapping mapping = Assert.Single(MapsParser.Parse("maps", Sample.Read("linux-6.18/maps")), m => m.Name.Contains('\n'));

        Assert.Equal("/tmp/sample/new\nline x", mapping.Name);
        Assert.True(mapping.Deleted);
        Assert.Equal("/tmp/sample/new\nline x (deleted)", mapping.RawName);
        Assert.True(mapping.Shared);
        Assert.Equal(new DeviceId(0xfe, 0), mapping.Device);
    }

    [Fact]
    public void Parse_SpecialMappings_KeepKernelNames()
    {
        List<MemoryMapping> maps = MapsParser.Parse("maps", Sample.Read("linux-6.18/maps"));

        Assert.Contains(maps, m => m.Name == "[vdso]" && m.Has(ProtectionFlags.PROT_READ | ProtectionFlags.PROT_EXEC));
        Assert.Contains(maps, m => m.Name == "[vvar_vclock]");
        MemoryMapping memfd = Assert.Single(maps, m => m.Name == "/memfd:demo mem");
        Assert.True(memfd.Deleted);
        Assert.Equal(1UL << 40, memfd.Length);
        MemoryMapping last = maps[^1];
        Assert.Equal("[vsyscall]", last.Name);
        Assert.Equal(0xffffffffff600000, last.Start.Value);
        Assert.Equal(ProtectionFlags.PROT_EXEC, last.Protection);
    }

    [Fact]
    public void Parse_VmFlagsOfLiveKernel_AreAllKnown()
    {
        List<MemoryMapping> smaps = MapsParser.Parse("smaps", Sample.Read("linux-6.18/smaps"));

        Assert.All(smaps, m => Assert.Empty(m.UnknownVmFlags));
        Assert.Contains(smaps, m => m.Has(VmFlags.Sealed));
        Assert.Contains(smaps, m => m.Has(VmFlags.WipeOnFork | VmFlags.DontCopy));
        Assert.Contains(smaps, m => m.Has(VmFlags.Locked) && m.Length == 4096);
        Assert.Contains(smaps, m => m.Has(VmFlags.MayBeGuarded));
        Assert.Equal(2, smaps.Count(m => m.Has(VmFlags.GrowsDown)));
    }

    [Fact]
    public void Parse_Smaps61_ReadsSizesUnknownFlagsAndLargeInode()
    {
        List<MemoryMapping> smaps = MapsParser.Parse("smaps", Sample.Read("linux-6.1/smaps"));

        Assert.Equal(3, smaps.Count);
        Assert.Equal("/usr/sbin/my server", smaps[0].Name);
        Assert.True(smaps[0].Deleted);
        Assert.Equal(8589934593UL, smaps[0].Inode);
        Assert.Equal(new DeviceId(0x103, 2), smaps[0].Device);
        Assert.Equal(0x2000UL, smaps[0].Offset);
        Assert.Equal(100, smaps[0].RssKb);
        Assert.Equal(2048, smaps[1].KernelPageSizeKb);
        Assert.Equal(3, smaps[1].ProtectionKey);
        Assert.True(smaps[1].Has(VmFlags.HugeTlb | VmFlags.DontExpand));
        Assert.Equal(["zz", "q"], smaps[1].UnknownVmFlags);
        Assert.Equal(4, smaps[2].AnonymousKb);
        Assert.Equal(12, smaps[2].SwapKb);
        Assert.True(smaps[2].Has(VmFlags.UffdMissing | VmFlags.UffdWriteProtect));
        Assert.Empty(smaps[2].UnknownVmFlags);
    }

    [Fact]
    public void Parse_Smaps510_KeepsDroppedFlagAsUnknown()
    {
        List<MemoryMapping> smaps = MapsParser.Parse("smaps", Sample.Read("linux-5.10/smaps"));

        Assert.Equal(["dw"], smaps[0].UnknownVmFlags);
        Assert.True(smaps[1].Has(VmFlags.GrowsDown));
        Assert.Equal(0, smaps[1].ProtectionKey);
    }

    [Fact]
    public void Feed_InPieces_GivesTheSameAsAtOnce()
    {
        byte[] text = Sample.Read("linux-6.18/smaps");
        var parser = new MapsParser("smaps");
        for (int at = 0; at < text.Length;)
        {
            int end = text.AsSpan(at).IndexOf((byte)'\n') + 1;
            parser.Feed(text.AsSpan(at, end));
            at += end;
        }

        // Records hold lists, which compare by reference: compare the text and the flags.
        List<MemoryMapping> pieces = parser.Finish();
        List<MemoryMapping> whole = MapsParser.Parse("smaps", text);
        Assert.Equal(whole.Select(m => (m.ToString(), m.VmFlags, m.RssKb)), pieces.Select(m => (m.ToString(), m.VmFlags, m.RssKb)));
    }

    [Theory]
    [InlineData(@"/a\012b", "/a\nb")]
    [InlineData(@"/a\040b", @"/a\040b")]
    [InlineData(@"/a\", @"/a\")]
    [InlineData(@"/a\01", @"/a\01")]
    [InlineData("/a b)(  c", "/a b)(  c")]
    [InlineData("[anon:x y]", "[anon:x y]")]
    public void Parse_Name_UnescapesNewlinesOnly(string written, string expected) =>
        Assert.Equal(expected, Assert.Single(Parse($"1000-2000 r--p 00000000 00:00 0                          {written}\n")).Name);

    [Fact]
    public void Parse_NameOfSuffixAlone_IsNotDeleted() =>
        Assert.False(Assert.Single(Parse("1000-2000 r--p 00000000 00:00 0                          (deleted)\n")).Deleted);

    [Fact]
    public void Parse_NameThatIsNotUtf8_SurvivesRoundTrip()
    {
        byte[] name = [(byte)'/', 0xff, 0xc3, 0xa9, 0x80];
        byte[] line = [.. "1000-2000 r--p 00000000 00:00 0 "u8, .. name, (byte)'\n'];

        Assert.Equal(name, PathText.Encode(Assert.Single(MapsParser.Parse("maps", line)).Name));
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("1000-2000 r--p 00000000 00:00 0\n", 1)]
    [InlineData("1000-2000 r--p 00000000 00:00 0 ", 1)]
    [InlineData("1000-2000 rwxs ffffffffffffffff fffff:fffff 18446744073709551615 /x\nNewField: what ever\n", 1)]
    public void Parse_Unusual_IsAccepted(string text, int count) => Assert.Equal(count, Parse(text).Count);

    [Theory]
    [InlineData("zz", 0, "start")]
    [InlineData("1000\n", 4, "end")]
    [InlineData("1000-\n", 5, "end")]
    [InlineData("2000-1000 r--p 00000000 00:00 0\n", 9, "end")]
    [InlineData("11111111111111111-2 r--p 0 00:00 0\n", 16, "start")]
    [InlineData("1000-2000 r-\n", 12, "permissions")]
    [InlineData("1000-2000 q--p 00000000 00:00 0\n", 11, "permissions")]
    [InlineData("1000-2000 r--q 00000000 00:00 0\n", 14, "permissions")]
    [InlineData("1000-2000 r--p \n", 15, "offset")]
    [InlineData("1000-2000 r--p 0 00-00 0\n", 19, "device")]
    [InlineData("1000-2000 r--p 0 123456789:00 0\n", 26, "device")]
    [InlineData("1000-2000 r--p 0 00:00 x\n", 23, "inode")]
    [InlineData("1000-2000 r--p 0 00:00 18446744073709551616\n", 42, "inode")]
    [InlineData("1000-2000 r--p 0 00:00 0x\n", 24, "name")]
    [InlineData("Rss: 4 kB\n", 0, "start")]
    [InlineData("1000-2000 r--p 0 00:00 0\nRss: x\n", 30, "Rss")]
    public void Parse_Malformed_FailsWithOffsetAndField(string text, int offset, string field)
    {
        var e = Assert.Throws<ProcFormatException>(() => Parse(text));

        Assert.Equal(field, e.Field);
        Assert.Equal(offset, e.Offset);
        Assert.Equal("maps", e.File);
    }

    [Fact]
    public void Parse_EveryPrefix_NeverFailsOtherwise()
    {
        byte[] text = Sample.Read("linux-6.1/smaps");
        for (int length = 0; length < text.Length; length++)
        {
            try
            {
                MapsParser.Parse("smaps", text.AsSpan(0, length));
            }
            catch (ProcFormatException e)
            {
                Assert.InRange(e.Offset, 0, length);
            }
        }
    }
}
