using Microsoft.Extensions.Logging;
using Xunit;

namespace Torpor.Criu.Tests;

public sealed class CriuLogTests
{
    private static (string Log, string Error) Write(int verbosity)
    {
        using var writer = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        using var log = new CriuLog(writer, error, verbosity, () => TimeSpan.FromMicroseconds(72_000_123));
        log.LogError("bad");
        log.LogWarning("odd");
        log.LogInformation("done");
        log.LogDebug("detail");
        return (writer.ToString(), error.ToString());
    }

    [Theory]
    [InlineData(0, "")]
    [InlineData(1, "Error (torpor): bad\n")]
    [InlineData(2, "Error (torpor): bad\nWarn  (torpor): odd\n")]
    [InlineData(3, "(72.000123) Error (torpor): bad\n(72.000123) Warn  (torpor): odd\n(72.000123) done\n")]
    [InlineData(4, "(72.000123) Error (torpor): bad\n(72.000123) Warn  (torpor): odd\n(72.000123) done\n(72.000123) detail\n")]
    public void Log_AtEachVerbosity_HasCriusForm(int verbosity, string expected) => Assert.Equal(expected, Write(verbosity).Log);

    [Fact]
    public void Log_Error_GoesToStandardErrorToo()
    {
        Assert.Equal("Error (torpor): bad\n", Write(4).Error);
        Assert.Equal("", Write(0).Error);
    }
}
