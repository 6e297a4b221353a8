namespace Torpor.Slices.Files.Directory;

/// <summary>Directories. Their position is where the next getdents(2) goes on, as a cookie of the file system.</summary>
internal sealed class DirectoryKind : IFileKind
{
    /// <summary>Their entries are those of regular files, which bring them back.</summary>
    public FdTypes? Restores => null;

    public bool Recognizes(OpenDescription description) => description.Status.IsDirectory;

    public void Inspect(FileInspection inspection, IReadOnlyList<OpenDescription> descriptions)
    {
        foreach (OpenDescription description in descriptions)
        {
            if (description.IsDeleted || description.Status.LinkCount == 0)
                inspection.Refuse(description, "is a directory that was deleted", "let the process close it first");
            else
                Regular.NamedFiles.Inspect(inspection, description, withSize: false);
        }
    }
}
