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
            // Nothing tells of F_NOTIFY but the owner of the signals, which it sets; no directory has another use for one.
            if (!description.IsPathOnly && inspection.TryOwner(description, out SignalOwner owner) && owner.InnerId != 0)
                inspection.Refuse(description, "is watched by F_NOTIFY (dnotify), whose events can't be read", "use inotify, or let the process close it first");
            else if (description.IsDeleted || description.Status.LinkCount == 0)
                Regular.GhostCapture.Inspect(inspection, description);
            else
                Regular.NamedFiles.Inspect(inspection, description, withSize: false);
        }
    }
}
