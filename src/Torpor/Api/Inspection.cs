namespace Torpor;

/// <summary>Reads images without restoring them.</summary>
public static class Inspection
{
    /// <summary>Tells what the images in a directory hold; reads no page of memory. Needs no privilege but to read the files.</summary>
    /// <exception cref="TorporException">The directory holds no readable images.</exception>
    public static InspectionReport Read(string directory) => throw new NotImplementedException();
}
