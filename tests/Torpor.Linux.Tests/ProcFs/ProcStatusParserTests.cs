using System.Text;
using Torpor.Linux.ProcFs;
using Xunit;

namespace Torpor.Linux.Tests.ProcFs;

public class ProcStatusParserTests
{
    private static ProcStatus Parse(string sample) => ProcStatusParser.Parse("status", Sample.Read(sample));

    [Fact]
    public void Parse_Linux618_ReadsEveryField()
    {
        ProcStatus status = Parse("linux-6.18/status");

        Assert.Equal("a) (b\nc\\d", status.Name);
        Assert.Equal(0x12u, status.Umask);
        Assert.Equal('S', status.State);
        Assert.Equal(new CredentialIds(12345, 12345, 12345, 12345), status.Uids);
        Assert.Equal([100u, 200u], status.Groups);
        Assert.Equal(status.Pid.Value, status.InnerTid);
        Assert.Single(status.NSpid);
        Assert.False(status.KernelThread);
        Assert.True(status.ThpEnabled);
        Assert.Equal(2, status.Threads);
        Assert.Equal((4UL, 96365UL), status.SigQ);
        Assert.Equal(0x200UL, status.ShdPnd);
        Assert.Equal(0x4000000200UL, status.SigBlk);
        Assert.Equal(0x1fffeffffffUL, status.CapBnd);
        Assert.Equal("3", status.CpusAllowed);
        Assert.Equal("0-1", status.CpusAllowedList);
        Assert.Equal(0, status.SeccompFilters);
    }

    [Fact]
    public void Parse_Linux61_ReadsInnerIds()
    {
        ProcStatus status = Parse("linux-6.1/status");

        Assert.Equal([813, 8], status.NSpid);
        Assert.Equal(8, status.InnerTid);
        Assert.Equal(7, status.InnerPid);
        Assert.Empty(status.Groups);
        Assert.False(status.ThpEnabled);
        Assert.True(status.NoNewPrivs);
        Assert.Equal(2, status.Seccomp);
        Assert.Equal(3, status.SeccompFilters);
        Assert.False(status.KernelThread);
    }

    [Fact]
    public void Parse_KernelThreadOfOldKernel_IsKnownByItsMissingMemory()
    {
        ProcStatus status = Parse("linux-5.10/status");

        Assert.True(status.KernelThread);
        Assert.Equal("kworker/0:1-events", status.Name);
        Assert.Null(status.ThpEnabled);
        Assert.Equal(ulong.MaxValue, status.SigIgn);
    }

    [Fact]
    public void Parse_Zombie_IsNoKernelThread()
    {
        string text = Encoding.UTF8.GetString(Sample.Read("linux-5.10/status")).Replace("I (idle)", "Z (zombie)");

        Assert.False(ProcStatusParser.Parse("status", Encoding.UTF8.GetBytes(text)).KernelThread);
    }

    [Theory]
    [InlineData("Name")]
    [InlineData("State")]
    [InlineData("Tgid")]
    [InlineData("Uid")]
    [InlineData("Threads")]
    [InlineData("SigCgt")]
    [InlineData("CapAmb")]
    [InlineData("NoNewPrivs")]
    public void Parse_WithoutNeededLine_NamesIt(string name)
    {
        string text = Encoding.UTF8.GetString(Sample.Read("linux-6.1/status")).Replace($"{name}:", $"x{name}:");

        Assert.Equal(name, Assert.Throws<ProcFormatException>(() => ProcStatusParser.Parse("status", Encoding.UTF8.GetBytes(text))).Field);
    }

    [Theory]
    [InlineData("Pid:\t813", "Pid:\tx13", "Pid")]
    [InlineData("Pid:\t813", "Pid:\t99999999999", "Pid")]
    [InlineData("Uid:\t33\t33\t33\t33", "Uid:\t33\t33\t33", "Uid")]
    [InlineData("SigCgt:\t0", "SigCgt:\tg", "SigCgt")]
    [InlineData("NSpid:\t813\t8", "NSpid:\t813\tx", "NSpid")]
    [InlineData("SigQ:\t0/15450", "SigQ:\t0", "SigQ")]
    public void Parse_Malformed_NamesField(string good, string bad, string field)
    {
        string text = Encoding.UTF8.GetString(Sample.Read("linux-6.1/status"));
        Assert.Contains(good, text);

        var e = Assert.Throws<ProcFormatException>(() => ProcStatusParser.Parse("status", Encoding.UTF8.GetBytes(text.Replace(good, bad))));
        Assert.Equal(field, e.Field);
        Assert.InRange(e.Offset, 1, text.Length);
    }
}
