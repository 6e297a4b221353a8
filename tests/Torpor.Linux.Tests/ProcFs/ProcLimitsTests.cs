using System.Text;
using Torpor.Linux.ProcFs;
using Torpor.Linux.Uapi;
using Xunit;

namespace Torpor.Linux.Tests.ProcFs;

public class ProcLimitsTests
{
    [Fact]
    public void Parse_Linux618_ReadsAllLimits()
    {
        ProcLimits limits = ProcLimits.Parse("limits", Sample.Read("linux-6.18/limits"));

        Assert.Equal(Resource.RLIM_NLIMITS, limits.Count);
        Assert.Equal(new ResourceLimit(8388608, ResourceLimit.Infinity), limits[Resource.RLIMIT_STACK]);
        Assert.Equal(new ResourceLimit(20000, 20000), limits[Resource.RLIMIT_NOFILE]);
        Assert.Equal(new ResourceLimit(0, 0), limits[Resource.RLIMIT_NICE]);
        Assert.Equal(new ResourceLimit(ResourceLimit.Infinity, ResourceLimit.Infinity), limits[Resource.RLIMIT_RTTIME]);
    }

    [Theory]
    [InlineData("Max open files", "Max closed files", "Max open files")]
    [InlineData("20000                20000", "many                 20000", "Max open files")]
    [InlineData("20000                20000                files", "20000", "Max open files")]
    public void Parse_Malformed_NamesField(string good, string bad, string field)
    {
        string text = Encoding.UTF8.GetString(Sample.Read("linux-6.18/limits"));
        Assert.Contains(good, text);

        byte[] bytes = Encoding.UTF8.GetBytes(text.Replace(good, bad));
        Assert.Equal(field, Assert.Throws<ProcFormatException>(() => ProcLimits.Parse("limits", bytes)).Field);
    }
}
