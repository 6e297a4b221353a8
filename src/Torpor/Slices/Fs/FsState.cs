namespace Torpor.Slices.Fs;

/// <summary>Where a process stands in the file tree, and what its new files are denied.</summary>
/// <param name="WorkingDirectory">Absolute.</param>
/// <param name="Root">Absolute.</param>
/// <param name="Umask">Permission bits that are taken from new files; null when unknown.</param>
/// <param name="DeletedDirectory">The ghost that the working directory is, when it was deleted; null for one with a name.</param>
internal sealed record FsState(string WorkingDirectory, string Root, uint? Umask, uint? DeletedDirectory = null);

/// <summary>The state in fs-PID.img, with the two directories in files.img.</summary>
internal static class FsImage
{
    private const uint O_PATH = 0x200000;

    /// <summary>Fills the entry with the ids that <paramref name="add"/> gives the directories.</summary>
    public static FsEntry ToEntry(FsState state, Func<FileEntry, uint> add)
    {
        var entry = new FsEntry { CwdId = add(Directory(state.WorkingDirectory)), RootId = add(Directory(state.Root)) };
        if (state.Umask is { } umask)
            entry.Umask = umask;
        return entry;
    }

    private static FileEntry Directory(string path) => new()
    {
        Type = FdTypes.Reg,
        Reg = new RegFileEntry
        {
            Name = path,
            Flags = O_PATH,
            Pos = 0,
            MntId = -1,
            Fown = new FownEntry { Uid = 0, Euid = 0, Signum = 0, PidType = 0, Pid = 0 },
        },
    };

    /// <summary>Null when an id leads nowhere.</summary>
    public static FsState? FromEntry(FsEntry entry, IReadOnlyDictionary<uint, FileEntry> files)
    {
        if (Path(entry.CwdId, files) is not { } directory || Path(entry.RootId, files) is not { } root)
            return null;
        return new FsState(directory, root, entry.HasUmask ? entry.Umask : null);
    }

    private static string? Path(uint id, IReadOnlyDictionary<uint, FileEntry> files) =>
        files.TryGetValue(id, out FileEntry? entry) && entry.Reg is { } file && !file.Name.Contains('\0')
            ? file.Name.StartsWith('/') ? file.Name : "/" + file.Name
            : null;
}
