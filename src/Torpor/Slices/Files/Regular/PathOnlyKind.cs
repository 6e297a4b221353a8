namespace Torpor.Slices.Files.Regular;

/// <summary>Descriptors opened with O_PATH: a place in the file tree, whatever is there, see open(2).</summary>
internal sealed class PathOnlyKind : IFileKind
{
    public FdTypes? Restores => null;

    public bool Recognizes(OpenDescription description) => description.IsPathOnly;

    public void Inspect(FileInspection inspection, IReadOnlyList<OpenDescription> descriptions)
    {
        foreach (OpenDescription description in descriptions)
        {
            if (description.Status.LinkCount == 0 && (description.Status.IsRegular || description.Status.IsDirectory))
                GhostCapture.Inspect(inspection, description);
            else
                NamedFiles.Inspect(inspection, description, withSize: false);
        }
    }
}
