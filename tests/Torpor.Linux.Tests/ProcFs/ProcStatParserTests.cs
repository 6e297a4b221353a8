using System.Text;
using Torpor.Linux.ProcFs;
using Xunit;

namespace Torpor.Linux.Tests.ProcFs;

public class ProcStatParserTests
{
    [Fact]
    public void Parse_CommWithParenthesisAndNewline_FindsItsEnd()
    {
        ProcStat stat = ProcStatParser.Parse("stat", Sample.Read("linux-6.18/stat"));

        Assert.Equal("a) (b\nc\\d", stat.Comm);
        Assert.Equal('S', stat.State);
        Assert.Equal(3301, stat.Session);
        Assert.Equal(2, stat.NumThreads);
        Assert.Equal(20, stat.Priority);
        Assert.Equal(1374401613824UL, stat.VSize);
        Assert.Equal(17, stat.ExitSignal);
        Assert.Equal(ulong.MaxValue, stat.RssLim);
        Assert.True(stat.StartCode < stat.EndCode);
        Assert.True(stat.StartData < stat.EndData);
        Assert.True(stat.EndData < stat.StartBrk);
        Assert.Equal("./target\0".Length, (int)(stat.ArgEnd - stat.ArgStart));
        Assert.Equal(stat.ArgEnd, stat.EnvStart);
        Assert.False(stat.IsKernelThread);
    }

    [Fact]
    public void Parse_KernelThread_HasItsFlag() =>
        Assert.True(ProcStatParser.Parse("stat", Sample.Read("linux-5.10/stat")).IsKernelThread);

    [Fact]
    public void Parse_MoreFieldsThanKnown_AreIgnored()
    {
        string text = Encoding.UTF8.GetString(Sample.Read("linux-5.10/stat")).TrimEnd() + " 1 2 3\n";

        Assert.Equal(0, ProcStatParser.Parse("stat", Encoding.UTF8.GetBytes(text)).ExitCode);
    }

    [Theory]
    [InlineData("", "pid")]
    [InlineData("1", "comm")]
    [InlineData("1 x", "comm")]
    [InlineData("1 (x", "comm")]
    [InlineData("1 (x)", "state")]
    [InlineData("1 (x) S y", "ppid")]
    [InlineData("1 (x) S 1 1 1 1 1 1 1 1 1 1 1", "stime")]
    public void Parse_Malformed_NamesField(string text, string field) =>
        Assert.Equal(field, Assert.Throws<ProcFormatException>(() => ProcStatParser.Parse("stat", Encoding.UTF8.GetBytes(text))).Field);
}
