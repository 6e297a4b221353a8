using Torpor.Criu.CommandLine;
using Xunit;

namespace Torpor.Criu.Tests.CommandLine;

public sealed class ConfigurationTests : IDisposable
{
    private readonly string _home = Directory.CreateTempSubdirectory("torpor-criu").FullName;

    public void Dispose() => Directory.Delete(_home, recursive: true);

    private string Put(string name, string text)
    {
        string path = Path.Combine(_home, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    private CriuSettings Read(string? environmentFile, params string[] arguments)
    {
        var sources = new ConfigurationSources(name => name switch { "HOME" => _home, "CRIU_CONFIG_FILE" => environmentFile, _ => null })
        {
            GlobalFile = Path.Combine(_home, "global.conf"),
        };
        return CommandLineReader.Read(arguments, sources);
    }

    [Fact]
    public void Read_EveryFile_LaterOnesOverruleEarlierOnes()
    {
        Put("global.conf", "log-file global\nwork-dir global\nimages-dir global\npidfile global\n");
        Put(".criu/default.conf", "work-dir user\nimages-dir user\npidfile user\n");
        CriuSettings settings = Read(Put("environment.conf", "images-dir environment\npidfile environment\n"), "dump", "--pidfile", "command");
        Assert.Equal(("global", "user", "environment", "command"), (settings.LogFile, settings.WorkDirectory, settings.ImagesDirectory, settings.PidFile));
    }

    [Fact]
    public void Read_NamedFile_ReplacesTheDefaultFilesButNotTheEnvironments()
    {
        Put("global.conf", "shell-job");
        Put(".criu/default.conf", "log-file user");
        string named = Put("named.conf", "images-dir named");
        CriuSettings settings = Read(Put("environment.conf", "images-dir environment\nwork-dir environment"), "dump", "--config", named);
        Assert.Equal((false, null, "named", "environment"), (settings.ShellJob, settings.LogFile, settings.ImagesDirectory, settings.WorkDirectory));
    }

    [Fact]
    public void Read_NoDefaultConfiguration_LeavesTheDefaultFilesOut()
    {
        Put(".criu/default.conf", "bogus");
        Assert.Null(Read(null, "dump", "--no-default-config").LogFile);
        Assert.Throws<UsageException>(() => Read(null, "dump"));
    }

    [Fact]
    public void Read_CommandLine_TakesBackWhatAFileHasSet()
    {
        Put(".criu/default.conf", "shell-job\ntrack-mem");
        CriuSettings settings = Read(null, "dump", "--no-shell-job", "--no-track-mem");
        Assert.False(settings.ShellJob);
        Assert.Empty(settings.Refusals);
    }

    [Fact]
    public void Read_NamedFileThatIsMissing_WarnsAndGoesOn() =>
        Assert.Contains("missing.conf", Assert.Single(Read(null, "dump", "--config=missing.conf").Warnings), StringComparison.Ordinal);

    [Fact]
    public void Read_WordBehindTheCommand_IsRefused() => Assert.Throws<UsageException>(() => Read(null, "dump", "extra"));

    [Fact]
    public void Parse_CommentsQuotesAndBlanks_AreUnderstood()
    {
        const string text = "tcp-established\nwork-dir \"/home/u/my \\\"work\\\" \\n directory\" # why\n#all\n\n   tree \t 42   \nimages-dir d#y\nno-shell-job # x\n";
        Assert.Equal(["--tcp-established", "--work-dir", "/home/u/my \"work\" \\n directory", "--tree", "42", "--images-dir", "d", "--no-shell-job"],
            ConfigurationFile.Parse(text, "f"));
    }

    [Theory]
    [InlineData("ok\nimages-dir \"unclosed")]
    [InlineData("ok\nimages-dir a\"b c\"d")]
    public void Parse_BadQuotes_NamesTheLine(string text) =>
        Assert.Contains("f line 2", Assert.Throws<UsageException>(() => ConfigurationFile.Parse(text, "f")).Message, StringComparison.Ordinal);
}
