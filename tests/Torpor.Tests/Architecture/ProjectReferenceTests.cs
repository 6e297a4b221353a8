using System.Xml.Linq;
using Xunit;

namespace Torpor.Tests.Architecture;

/// <summary>The table of docs/architecture.md, as far as project references hold it.</summary>
public sealed class ProjectReferenceTests
{
    private static readonly string[] s_libraries =
        ["Grpc.Tools", "Google.Protobuf", "Microsoft.Extensions.Logging.Abstractions", "System.CommandLine", "Spectre.Console"];

    [Theory]
    [InlineData("Torpor.Linux")]
    [InlineData("Torpor.Tracing", "Torpor.Linux")]
    [InlineData("Torpor.Images")]
    [InlineData("Torpor", "Torpor.Images", "Torpor.Linux", "Torpor.Tracing")]
    [InlineData("Torpor.Criu", "Torpor")]
    [InlineData("Torpor.Cli", "Torpor", "Torpor.Criu")]
    public void Project_ReferencesOfOurs_AreThoseOfTheTable(string project, params string[] expected) =>
        Assert.Equal(expected, Items(project, "ProjectReference").Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal));

    [Fact]
    public void Project_EverySourceProject_IsInTheTable() =>
        Assert.Equal(["Torpor", "Torpor.Cli", "Torpor.Criu", "Torpor.Images", "Torpor.Linux", "Torpor.Tracing"],
            Directory.EnumerateFiles(Path.Combine(SourceTree.Root, "src"), "*.csproj", SearchOption.AllDirectories)
                .Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal));

    [Fact]
    public void Project_Linux_NeedsNoPackage() => Assert.Empty(Items("Torpor.Linux", "PackageReference"));

    [Theory]
    [InlineData("Torpor.Tracing")]
    [InlineData("Torpor.Images")]
    [InlineData("Torpor")]
    [InlineData("Torpor.Criu")]
    [InlineData("Torpor.Cli")]
    public void Project_Packages_AreThoseThatAreKnown(string project) =>
        Assert.Empty(Items(project, "PackageReference").Except(s_libraries));

    [Theory]
    [InlineData("Torpor.Images")]
    [InlineData("Torpor")]
    [InlineData("Torpor.Criu")]
    [InlineData("Torpor.Cli")]
    public void Project_UnsafeCode_IsOffWhereItDoesNotBelong(string project) =>
        Assert.DoesNotContain("AllowUnsafeBlocks", File.ReadAllText(PathOf(project)), StringComparison.Ordinal);

    private static IEnumerable<string> Items(string project, string kind) =>
        XDocument.Load(PathOf(project)).Descendants(kind).Select(item => (string)item.Attribute("Include")!);

    private static string PathOf(string project) => Path.Combine(SourceTree.Root, "src", project, project + ".csproj");
}
