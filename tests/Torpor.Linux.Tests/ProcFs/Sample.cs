namespace Torpor.Linux.Tests.ProcFs;

/// <summary>Saved files of /proc, a folder for each kernel.</summary>
internal static class Sample
{
    public static byte[] Read(string name) => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Samples", name));
}
