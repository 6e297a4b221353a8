using static Torpor.Linux.Uapi.Fcntl;

namespace Torpor.Slices.Files.Regular;

/// <summary>A file opened by its path: a regular one, a directory, or a device node.</summary>
/// <param name="Path">Absolute, as the process sees it.</param>
/// <param name="Flags">O_*.</param>
/// <param name="Position">In bytes; for a directory, the file system's own cookie.</param>
/// <param name="Owner">Who gets its signals.</param>
/// <param name="Mode">Type and permissions, as st_mode; zero when unknown.</param>
/// <param name="Size">In bytes, of a regular file; null for others and when unknown.</param>
internal sealed record RegularState(string Path, uint Flags, ulong Position, SignalOwner Owner, uint Mode, ulong? Size)
{
    /// <summary>How to open it again: what only acts on creation, or only names the way it was made, is left out.</summary>
    public int OpenFlags
    {
        get
        {
            int flags = (int)Flags & ReopenFlags;
            // A file made by O_TMPFILE carries O_DIRECTORY as a part of that flag.
            return ((int)Flags & O_TMPFILE) == O_TMPFILE ? flags & ~O_DIRECTORY : flags;
        }
    }

    private const int ReopenFlags = O_ACCMODE | O_APPEND | O_NONBLOCK | O_SYNC | O_DIRECT | O_LARGEFILE | O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_PATH;
}

/// <summary>The state in files.img.</summary>
internal static class RegularImage
{
    public static FileEntry ToEntry(RegularState state)
    {
        var message = new RegFileEntry
        {
            Name = state.Path,
            Flags = state.Flags,
            Pos = state.Position,
            Fown = state.Owner.ToEntry(),
            MntId = -1,
        };
        if (state.Mode != 0)
            message.Mode = state.Mode;
        if (state.Size is { } size)
            message.Size = size;
        return new FileEntry { Type = FdTypes.Reg, Reg = message };
    }

    public static RegularState FromEntry(FileEntry entry)
    {
        RegFileEntry message = entry.Reg ?? throw FileRestore.Damaged($"file id {entry.Id} is a file without its state");
        if (message.Name.Contains('\0'))
            throw FileRestore.Damaged($"the name of file id {entry.Id} holds a NUL");
        // CRIU leaves the first slash out where a name is relative to a mount's root.
        string path = message.Name.StartsWith('/') ? message.Name : "/" + message.Name;
        return new RegularState(path, message.Flags, message.Pos, SignalOwner.FromEntry(message.Fown),
            message.HasMode ? message.Mode : 0, message.HasSize ? message.Size : null);
    }
}
