using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Torpor.Images.Tests;

/// <summary>CRIU's own tool reads what is written here.</summary>
public sealed class CritTests : IDisposable
{
    private static readonly string? Crit = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(directory => Path.Combine(directory, "crit")).FirstOrDefault(File.Exists);

    private readonly TemporaryDirectory _temporary = new();

    public CritTests()
    {
        using var writer = ImageDirectoryWriter.Create(_temporary.Images, overwrite: false);
        SampleCheckpoint.Write(writer);
        writer.Commit();
    }

    public static TheoryData<string> FramedFiles => [.. SampleCheckpoint.Readers.Keys];

    public void Dispose() => _temporary.Dispose();

    [Theory]
    [MemberData(nameof(FramedFiles))]
    public async Task Decode_EveryFile_IsUnderstood(string name)
    {
        JsonNode image = await Decode(name);
        using ImageDirectoryReader reader = ImageDirectoryReader.Open(_temporary.Images);
        Assert.NotEmpty(image["entries"]!.AsArray());
        // And back again: the bytes differ only where crit knows fewer fields.
        string json = Path.Combine(_temporary.Root, "image.json");
        await File.WriteAllTextAsync(json, image.ToJsonString(), TestContext.Current.CancellationToken);
        await RunCrit("encode", "-i", json, "-o", _temporary.FileOf(name));
        Assert.NotEmpty(SampleCheckpoint.Readers[name](reader));
        Assert.Equal(image.ToJsonString(), (await Decode(name)).ToJsonString());
    }

    [Theory]
    [MemberData(nameof(FramedFiles))]
    public async Task Show_EveryFile_IsUnderstood(string name) => Assert.Contains("\"magic\"", await RunCrit("show", _temporary.FileOf(name)), StringComparison.Ordinal);

    [Fact]
    public async Task Decode_Fields_HaveTheirValues()
    {
        Assert.Equal(2, Number((await Decode("inventory.img"))["entries"]![0]!["img_version"]));
        Assert.Equal([42, 43], (await Decode("pstree.img"))["entries"]![0]!["threads"]!.AsArray().Select(Number));
        JsonNode core = (await Decode("core-42.img"))["entries"]![0]!;
        Assert.Equal("java", (string?)core["tc"]!["comm"]);
        Assert.Equal(170, Number(core["thread_info"]!["gpregs"]!["ip"]) & 0xffff);
        JsonArray pagemap = (await Decode("pagemap-42.img"))["entries"]!.AsArray();
        Assert.Equal(1, Number(pagemap[0]!["pages_id"]));
        Assert.Equal(0x400000, Number(pagemap[1]!["vaddr"]));
        Assert.Equal(2, Number(pagemap[2]!["nr_pages"] ?? pagemap[2]!["compat_nr_pages"]));
        Assert.Equal("d2F0ZXI=", ((string?)(await Decode("pipes-data.img"))["entries"]![0]!["extra"])!.Trim());
        Assert.Equal("cGFja2V0", ((string?)(await Decode("sk-queues.img"))["entries"]![0]!["extra"])!.Trim());
        JsonArray ghost = (await Decode("ghost-file-1.img"))["entries"]!.AsArray();
        Assert.Equal(3, ghost.Count);
        Assert.Equal((1 << 20) - 3, Number(ghost[2]!["off"]));
    }

    [Fact]
    public async Task Explore_Directory_FindsTheProcess()
    {
        string tree = await RunCrit("x", _temporary.Images, "ps");
        Assert.Contains("java", tree, StringComparison.Ordinal);
    }

    /// <summary>crit prints some numbers as text in hexadecimal.</summary>
    private static long Number(JsonNode? node) => node!.GetValueKind() == System.Text.Json.JsonValueKind.String
        ? Convert.ToInt64((string?)node, 16)
        : (long)node;

    private async Task<JsonNode> Decode(string name) => JsonNode.Parse(await RunCrit("decode", "-i", _temporary.FileOf(name)))!;

    private static async Task<string> RunCrit(params string[] arguments)
    {
        Assert.SkipWhen(Crit is null, "crit (Debian's package criu) is not installed");
        using Process process = Process.Start(new ProcessStartInfo(Crit!, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        string errors = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, $"crit {string.Join(' ', arguments)}: {errors}");
        return await output;
    }
}
