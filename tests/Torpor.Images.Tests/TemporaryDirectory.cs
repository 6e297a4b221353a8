[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]

namespace Torpor.Images.Tests;

/// <summary>A directory that is gone at the end of the test.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    /// <summary>In memory where that is possible: some tests write thousands of files.</summary>
    public TemporaryDirectory()
    {
        Root = Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"torpor-images-{Guid.NewGuid():n}");
        Directory.CreateDirectory(Root);
    }

    public string Root { get; }

    /// <summary>A name in it that does not exist yet.</summary>
    public string Images => Path.Combine(Root, "images");

    public string FileOf(string name) => Path.Combine(Images, name);

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
