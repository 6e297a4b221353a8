using System.Text.RegularExpressions;
using Xunit;

namespace Torpor.Tests.Architecture;

/// <summary>Rules for single files.</summary>
public sealed partial class SourceFileTests
{
    private const int LongestFile = 400;

    [Theory]
    [InlineData("src")]
    [InlineData("tests")]
    public void File_Length_IsWithinTheBudget(string folder) => Assert.Equal([], SourceTree.Files(folder)
        .Select(file => (File: file, SourceTree.Lines(file).Length))
        .Where(entry => entry.Length > LongestFile)
        .Select(entry => $"{entry.File}: {entry.Length} lines"));

    [Fact]
    public void File_UnsafeCode_IsInFilesNamedForItInTwoProjects() => Assert.Equal([], SourceTree.Files("src")
        .Where(file => !(file.EndsWith(".Unsafe.cs", StringComparison.Ordinal) && (file.StartsWith("src/Torpor.Linux/", StringComparison.Ordinal) || file.StartsWith("src/Torpor.Tracing/", StringComparison.Ordinal))))
        .Where(file => UnsafeCode().IsMatch(SourceTree.Code(file))));

    [Fact]
    public void File_NamedForUnsafeCode_HasSome() => Assert.Equal([], SourceTree.Files("src")
        .Where(file => file.EndsWith(".Unsafe.cs", StringComparison.Ordinal) && !UnsafeCode().IsMatch(SourceTree.Code(file))));

    [Fact]
    public void File_Name_IsNoRubbishBin() => Assert.Equal([], SourceTree.Files("src")
        .Where(file => RubbishBin().IsMatch(file)));

    [Fact]
    public void File_Regions_AreNotUsed() => Assert.Equal([], SourceTree.Files("src")
        .Where(file => SourceTree.Code(file).Contains("#region", StringComparison.Ordinal)));

    /// <summary>P/Invoke is generated at build time: NativeAOT has no other.</summary>
    [Fact]
    public void File_ProductCode_DoesNotCallDllImport() => Assert.Equal([], SourceTree.Files("src")
        .Where(file => SourceTree.Code(file).Contains("[DllImport", StringComparison.Ordinal)));

    [Theory]
    [InlineData("int a; // unsafe", false)]
    [InlineData("string s = \"unsafe \\\" void\";", false)]
    [InlineData("/* LibraryImport */ int b;", false)]
    [InlineData("/// DllImport\npublic unsafe void F() { }", true)]
    [InlineData("char c = '\"'; unsafe { } // \"", true)]
    public void Strip_CommentsAndStrings_LeavesCode(string source, bool found) => Assert.Equal(found, UnsafeCode().IsMatch(SourceText.Strip(source)));

    [GeneratedRegex(@"\bunsafe\b|\bDllImport\b|\bLibraryImport\b")]
    private static partial Regex UnsafeCode();

    [GeneratedRegex(@"(?:Utils?|Helpers?|Common)(?:\.cs|/)")]
    private static partial Regex RubbishBin();
}
