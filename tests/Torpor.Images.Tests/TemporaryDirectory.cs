[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]

namespace Torpor.Images.Tests;

/// <summary>A directory that is gone at the end of the test.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public TemporaryDirectory() => Root = Directory.CreateTempSubdirectory("torpor-images-").FullName;

    public string Root { get; }

    /// <summary>A name in it that does not exist yet.</summary>
    public string Images => Path.Combine(Root, "images");

    public string FileOf(string name) => Path.Combine(Images, name);

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
