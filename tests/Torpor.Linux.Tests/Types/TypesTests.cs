using Xunit;

namespace Torpor.Linux.Tests.Types;

public class TypesTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(8, 1)]
    [InlineData(254, 0)]
    [InlineData(259, 2)]
    [InlineData(4095, 1048575)]
    public void DeviceId_BothForms_RoundTrip(uint major, uint minor)
    {
        var device = new DeviceId(major, minor);

        Assert.Equal(device, DeviceId.FromKernel(device.ToKernel()));
        Assert.Equal(device, DeviceId.FromStat(device.ToStat()));
    }

    [Fact]
    public void DeviceId_StatForm_IsThatOfMakedev()
    {
        Assert.Equal(0x801UL, new DeviceId(8, 1).ToStat());
        Assert.Equal(0x56778912UL, new DeviceId(0x789, 0x56712).ToStat());
    }

    [Fact]
    public void PathText_AnyBytes_RoundTrip()
    {
        byte[] all = [.. Enumerable.Range(1, 255).Select(i => (byte)i), .. "é€😀"u8, 0xf0, 0x9f, 0x98];

        string text = PathText.Decode(all);

        Assert.Equal(all, PathText.Encode(text));
        Assert.Equal([.. all, 0], PathText.EncodeTerminated(text));
        Assert.Contains("é€😀", text);
    }

    [Fact]
    public void PathText_EncodedSurrogateInName_RoundTrips()
    {
        // Not valid UTF-8: U+DC80 written as three bytes.
        byte[] bytes = [0xed, 0xb2, 0x80];

        Assert.Equal(bytes, PathText.Encode(PathText.Decode(bytes)));
    }

    [Fact]
    public void PathText_WithNul_IsRefused() => Assert.Throws<ArgumentException>(() => PathText.Encode("a\0b"));

    [Fact]
    public void SyscallResult_Error_ThrowsOperation()
    {
        Assert.Equal("x: EPERM", Assert.Throws<LinuxException>(() => new SyscallResult(-1).OrThrow("x")).Message);
        Assert.Equal(-4096, new SyscallResult(-4096).OrThrow("x"));
    }
}
