using Torpor.Criu.CommandLine;
using Xunit;

namespace Torpor.Criu.Tests.CommandLine;

public sealed class OptionParserTests
{
    private static CriuSettings Parse(params string[] arguments)
    {
        var settings = new CriuSettings();
        settings.Command = OptionParser.Parse(arguments, settings).FirstOrDefault();
        return settings;
    }

    [Fact]
    public void Parse_NothingGiven_HasCriusDefaults()
    {
        CriuSettings settings = Parse("restore");
        Assert.Equal(".", settings.ImagesDirectory);
        Assert.Null(settings.WorkDirectory);
        Assert.Null(settings.LogFile);
        Assert.Equal(2, settings.Verbosity);
        Assert.False(settings.ShellJob || settings.Detach || settings.LeaveRunning || settings.LeaveStopped);
    }

    [Theory]
    [InlineData("dump", "-t", "42", "-D", "images", "-j")]
    [InlineData("dump", "-t42", "-Dimages", "-j")]
    [InlineData("-jt", "42", "-D", "images", "dump")]
    [InlineData("dump", "-jt42", "--images-dir=images")]
    [InlineData("dump", "--tree", "42", "--images-dir", "images", "--shell-job")]
    [InlineData("dump", "--tre=42", "--im", "images", "--shell")]
    [InlineData("--tree", "42", "dump", "--shell-job", "-D", "images")]
    public void Parse_SameOptionsInAnyForm_GiveTheSame(params string[] arguments)
    {
        CriuSettings settings = Parse(arguments);
        Assert.Equal(("dump", 42, "images", true), (settings.Command, settings.Pid, settings.ImagesDirectory, settings.ShellJob));
    }

    [Theory]
    [InlineData("-v0", 0)]
    [InlineData("-v1", 1)]
    [InlineData("-v4", 4)]
    [InlineData("-v", 3)]
    [InlineData("-vv", 4)]
    [InlineData("-vvvv", 4)]
    [InlineData("--verbosity", 3)]
    [InlineData("--verbosity=1", 1)]
    public void Parse_Verbosity_CountsUpFromTheDefaultOrIsSet(string option, int expected) => Assert.Equal(expected, Parse("dump", option).Verbosity);

    [Fact]
    public void Parse_OptionalArgumentInTheNextWord_IsNotTaken() => Assert.Equal("4", Parse("-v", "4").Command);

    [Theory]
    [InlineData("unrecognized option '--bogus'", "--bogus")]
    [InlineData("unrecognized option '--leave-runningg'", "--leave-runningg")]
    [InlineData("unrecognized option '--no-tree'", "--no-tree")]
    [InlineData("ambiguous; possibilities: '--leave-running' '--leave-stopped'", "--le")]
    [InlineData("option '--tree' requires an argument", "--tree")]
    [InlineData("option requires an argument -- 't'", "-t")]
    [InlineData("invalid option -- '4'", "-d4")]
    [InlineData("option '--help' doesn't allow an argument", "--help=3")]
    [InlineData("option '--no-shell-job' doesn't allow an argument", "--no-shell-job=3")]
    [InlineData("invalid argument for -t: 0", "-t0")]
    [InlineData("invalid argument for -t: abc", "-t", "abc")]
    [InlineData("invalid argument for -t: -5", "-t", "-5")]
    [InlineData("invalid argument for --ghost-limit: 1T", "--ghost-limit=1T")]
    [InlineData("invalid argument for --inherit-fd: foo", "--inherit-fd", "foo")]
    public void Parse_WrongOption_SaysWhatIsWrong(string message, params string[] arguments) =>
        Assert.Contains(message, Assert.Throws<UsageException>(() => Parse(arguments)).Message, StringComparison.Ordinal);

    [Fact]
    public void Parse_ExactNameThatBeginsAnother_IsNotAmbiguous() => Assert.True(Parse("--external=file[1:2]", "dump").External is ["file[1:2]"]);

    [Fact]
    public void Parse_Negated_TakesBack()
    {
        Assert.False(Parse("--shell-job", "--no-shell-job").ShellJob);
        Assert.True(Parse("--no-shell-job", "--shell-job").ShellJob);
        Assert.Empty(Parse("--track-mem", "--no-track-mem").Refusals);
    }

    [Fact]
    public void Parse_SeveralRefusedOptions_AreAllNamed()
    {
        CriuSettings settings = Parse("dump", "--lazy-pages", "--action-script", "x.sh", "-r", "/root", "--manage-cgroups=full", "--external", "mnt[/x]:y", "--cpu-cap=all");
        Assert.Equal(["--action-script", "--cpu-cap", "--external mnt[/x]:y", "--lazy-pages", "--manage-cgroups", "--root"], settings.Refusals.Keys.Order(StringComparer.Ordinal));
        Assert.All(settings.Refusals.Values, reason => Assert.NotEmpty(reason));
    }

    [Fact]
    public void Parse_OptionsThatAskForNothingMore_AreAccepted()
    {
        CriuSettings settings = Parse("dump", "--tcp-established", "--file-locks", "-x", "--link-remap", "--ghost-limit", "10M", "--manage-cgroups=ignore", "--cpu-cap=none",
            "--evasive-devices", "--skip-in-flight", "--network-lock", "skip", "--unprivileged", "--log-pid");
        Assert.Empty(settings.Refusals);
        Assert.Equal("dump", settings.Command);
    }

    [Fact]
    public void Parse_InheritedDescriptors_KeepTheWholeKey()
    {
        CriuSettings settings = Parse("restore", "--inherit-fd", "fd[1]:pipe:[4242]", "--inherit-fd=fd[7]:tty[8803:5]", "--inherit-fd", "fd[9]:home/u/log");
        Assert.Equal(1, settings.InheritedDescriptors["pipe:[4242]"]);
        Assert.Equal(7, settings.InheritedDescriptors["tty[8803:5]"]);
        Assert.Equal(9, settings.InheritedDescriptors["home/u/log"]);
    }

    [Fact]
    public void Parse_DoubleDash_EndsOptions()
    {
        var settings = new CriuSettings();
        Assert.Equal(["dump", "-t", "x"], OptionParser.Parse(["dump", "--", "-t", "x"], settings));
        Assert.Null(settings.Pid);
    }

    [Fact]
    public void Table_NamesAndLetters_AreUnique()
    {
        Assert.Equal(OptionTable.All.Count, OptionTable.All.Select(option => option.Name).Distinct().Count());
        char[] letters = [.. OptionTable.All.Select(option => option.Short).Where(letter => letter != '\0')];
        Assert.Equal(letters.Length, letters.Distinct().Count());
    }
}
