using System.Text.RegularExpressions;
using Xunit;

namespace Torpor.Tests.Architecture;

/// <summary>Who may use what inside src/Torpor. Sources are read rather than the assembly, because constants and generics leave no trace there.</summary>
public sealed partial class ImportRuleTests
{
    private const string Slices = "src/Torpor/Slices";
    private const string Engine = "src/Torpor/Engine";
    private const string Model = "src/Torpor/Model";

    /// <summary>The one file of the engine that knows slices.</summary>
    private const string SliceTable = "src/Torpor/Engine/SliceTable.cs";

    private static IReadOnlyList<string> SliceNames { get; } =
        [.. Directory.EnumerateDirectories(Path.Combine(SourceTree.Root, Slices)).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    private static void AssertNone(IEnumerable<string> violations) => Assert.Equal([], violations);

    /// <summary>Names that occur in code as a qualified name's or a using's part: <c>Slices.Memory</c>.</summary>
    private static IEnumerable<string> SlicesNamedIn(string code) => SliceName().Matches(code).Select(match => match.Groups[1].Value).Distinct();

    [Fact]
    public void Slices_Exist() => Assert.True(SliceNames.Count > 5, "the rules are checked against nothing");

    [Fact]
    public void Slice_Siblings_AreNotUsed() => AssertNone(
        from slice in SliceNames
        from file in SourceTree.Files($"{Slices}/{slice}")
        from other in SlicesNamedIn(SourceTree.Code(file))
        where other != slice
        select $"{file} uses the slice {other}");

    [Fact]
    public void Slice_Namespace_IsThatOfItsFolder() => AssertNone(
        from slice in SliceNames
        from file in SourceTree.Files($"{Slices}/{slice}")
        let name = NamespaceName().Match(SourceTree.Code(file)).Groups[1].Value
        where name != $"Torpor.Slices.{slice}" && !name.StartsWith($"Torpor.Slices.{slice}.", StringComparison.Ordinal)
        select $"{file} is in the namespace {name}");

    [Fact]
    public void Slice_EngineAndConsole_AreNotUsed() => AssertNone(
        from file in SourceTree.Files(Slices)
        let code = SourceTree.Code(file)
        where EngineOrConsole().IsMatch(code)
        select $"{file} uses {EngineOrConsole().Match(code).Value}");

    [Fact]
    public void Slice_GlobalState_IsNotKept() => AssertNone(
        from file in SourceTree.Files(Slices)
        from Match field in MutableStatic().Matches(SourceTree.Code(file))
        select $"{file} keeps global state: {field.Value.Trim()}");

    [Fact]
    public void Engine_Slices_AreKnownToItsTableOnly() => AssertNone(
        from file in SourceTree.Files(Engine)
        where file != SliceTable
        from slice in SlicesNamedIn(SourceTree.Code(file))
        select $"{file} uses the slice {slice}");

    /// <summary>It opens the handles that slices are given, and puts calls into plans; it makes none itself and reads nothing of /proc.</summary>
    [Fact]
    public void Engine_TheKernel_IsNotCalled() => AssertNone(
        from file in SourceTree.Files(Engine)
        from Match use in KernelAccess().Matches(SourceTree.Code(file))
        select $"{file} uses {use.Value}");

    [Fact]
    public void Model_SlicesAndEngine_AreNotUsed() => AssertNone(
        from file in SourceTree.Files(Model)
        let code = SourceTree.Code(file)
        where SlicesNamedIn(code).Any() || EngineName().IsMatch(code)
        select $"{file} uses a slice or the engine");

    [Fact]
    public void Images_Linux_IsNotCalled() => AssertNone(
        from file in SourceTree.Files("src/Torpor.Images")
        where LinuxOrTracing().IsMatch(SourceTree.Code(file))
        select file);

    /// <summary>Project references go through, so the compiler would let them.</summary>
    [Fact]
    public void Fronts_ThePublicSurfaceOnly_IsUsed() => AssertNone(
        from file in SourceTree.Files("src/Torpor.Criu").Concat(SourceTree.Files("src/Torpor.Cli"))
        from Match use in LayerBelow().Matches(SourceTree.Code(file))
        select $"{file} uses {use.Value}");

    [Fact]
    public void Table_EverySlice_IsInIt()
    {
        IEnumerable<Type> inTable = Torpor.Engine.SliceTable.Create().Select(slice => slice.GetType());
        IEnumerable<Type> all = typeof(Checkpoint).Assembly.GetTypes().Where(type => type.IsAssignableTo(typeof(Model.ISlice)) && type is { IsAbstract: false, IsClass: true });
        Assert.Equal(all.Select(type => type.FullName).Order(StringComparer.Ordinal), inTable.Select(type => type.FullName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Slice_Types_AreInternal() =>
        AssertNone(typeof(Checkpoint).Assembly.GetExportedTypes()
            .Where(type => type.Namespace!.StartsWith("Torpor.Slices", StringComparison.Ordinal) || type.Namespace == "Torpor.Engine")
            .Select(type => type.FullName!));

    [GeneratedRegex(@"\bSlices\.(\w+)")]
    private static partial Regex SliceName();

    [GeneratedRegex(@"^namespace ([\w.]+)", RegexOptions.Multiline)]
    private static partial Regex NamespaceName();

    [GeneratedRegex(@"\bTorpor\.Engine\b|\bConsole\.\w+|\bSpectre\b")]
    private static partial Regex EngineOrConsole();

    [GeneratedRegex(@"\bTorpor\.Engine\b")]
    private static partial Regex EngineName();

    [GeneratedRegex(@"^\s*(?:(?:private|internal|public) )?static (?!readonly|partial|class|unsafe class|async|extern|implicit|explicit)[\w<>\[\]?., ]+ \w+ *(?:=[^>]|;)", RegexOptions.Multiline)]
    private static partial Regex MutableStatic();

    [GeneratedRegex(@"\bSyscall\.\w+|(?<!new )\bProcTask\b|\b(?!PidFdCalls\.Open\b)\w+Calls\.\w+|\bFile\.\w+")]
    private static partial Regex KernelAccess();

    [GeneratedRegex(@"\bTorpor\.(?:Linux|Tracing|Model|Slices|Engine)\b|\bDllImport\b|\bLibraryImport\b")]
    private static partial Regex LinuxOrTracing();

    [GeneratedRegex(@"\bTorpor\.(?:Linux|Tracing|Images|Slices|Engine|Model)\b")]
    private static partial Regex LayerBelow();
}
