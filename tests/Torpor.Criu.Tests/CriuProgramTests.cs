using System.Text.RegularExpressions;
using Torpor.Criu.CommandLine;
using Xunit;

namespace Torpor.Criu.Tests;

public sealed class CriuProgramTests
{
    private static (int Code, string Output, string Error) Run(params string[] arguments)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var sources = new ConfigurationSources(_ => null) { GlobalFile = "/nonexistent/default.conf" };
        return (CriuProgram.Run(arguments, output, error, sources), output.ToString(), error.ToString());
    }

    [Theory]
    [InlineData("--version")]
    [InlineData("-V")]
    public void Run_Version_PrintsOneLineThatConsumersParse(string option)
    {
        (int code, string output, string error) = Run(option);
        Assert.Equal((0, ""), (code, error));
        Match match = Regex.Match(output, "^Version: ([0-9]+)\\.([0-9]+)\n$");
        Assert.True(match.Success, output);
        Assert.True(int.Parse(match.Groups[1].Value) * 10000 + int.Parse(match.Groups[2].Value) * 100 >= 31600);
    }

    [Theory]
    [InlineData("pre-dump")]
    [InlineData("page-server")]
    [InlineData("service")]
    [InlineData("swrk")]
    [InlineData("dedup")]
    [InlineData("cpuinfo")]
    [InlineData("exec")]
    [InlineData("lazy-pages")]
    public void Run_CommandNotThereYet_IsRefusedByName(string command)
    {
        (int code, _, string error) = Run(command, "3");
        Assert.Equal((1, $"criu: the command {command} is not supported yet\n"), (code, error));
    }

    [Fact]
    public void Run_WithoutCommand_ShowsUsage()
    {
        (int code, _, string error) = Run();
        Assert.Equal(1, code);
        Assert.Contains("criu dump -t PID", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("dump", "-t", "1")]
    [InlineData("restore")]
    public void Run_ImageDirectoryMissing_IsAnError(params string[] arguments)
    {
        (int code, _, string error) = Run([.. arguments, "-D", "/nonexistent/images"]);
        Assert.Equal(1, code);
        Assert.Contains("can't open the image directory /nonexistent/images", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_RefusedOptions_AreAllLoggedBeforeAnythingHappens()
    {
        string before = Environment.CurrentDirectory;
        string directory = Directory.CreateTempSubdirectory("torpor-criu").FullName;
        try
        {
            (int code, _, string error) = Run("dump", "-t", "1", "-D", directory, "-o", "dump.log", "-v4", "--lazy-pages", "--track-mem");
            Assert.Equal(1, code);
            string log = File.ReadAllText(Path.Combine(directory, "dump.log"));
            foreach (string text in (string[])[log, error])
            {
                Assert.Contains("--lazy-pages: ", text, StringComparison.Ordinal);
                Assert.Contains("--track-mem: ", text, StringComparison.Ordinal);
                Assert.Contains("Dumping FAILED.", text, StringComparison.Ordinal);
            }
            Assert.Matches("^\\(00\\.[0-9]{6}\\) ", log);
        }
        finally
        {
            Environment.CurrentDirectory = before;
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public void Run_UnknownFeature_IsAnError() => Assert.Equal(1, Run("check", "--feature", "bogus").Code);

    /// <summary>The page lists exactly the options of the table, each with how it is treated.</summary>
    [Fact]
    public void Documentation_OptionTable_IsThatOfTheProgram()
    {
        string? root = AppContext.BaseDirectory;
        while (root is not null && !File.Exists(Path.Combine(root, "Torpor.slnx")))
            root = Path.GetDirectoryName(root);
        Assert.NotNull(root);
        string[] documented = [.. File.ReadLines(Path.Combine(root, "docs/criu-command-line.md"))
            .Select(line => Regex.Match(line, "^\\| `--([a-z-]+)`[^|]*\\| ([a-z]+) \\|"))
            .Where(match => match.Success)
            .Select(match => $"{match.Groups[1].Value} {match.Groups[2].Value}")];
        Assert.Equal(OptionTable.All.Select(option => $"{option.Name} {option.Support.ToString().ToLowerInvariant()}"), documented);
    }
}
