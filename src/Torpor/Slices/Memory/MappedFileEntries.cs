using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Linux.Uapi;
using Torpor.Model;

namespace Torpor.Slices.Memory;

/// <summary>The image entries of mapped files, which all processes of a tree share.</summary>
internal sealed class MappedFileEntries(CaptureTree tree)
{
    private readonly Dictionary<(string, DeviceId, ulong, bool), uint> _entries = [];

    public uint Get(MappedFile file, bool write)
    {
        (string, DeviceId, ulong, bool) key = (file.Path, file.Status.Device, file.Status.Inode, write);
        if (_entries.TryGetValue(key, out uint id))
            return id;
        var entry = new RegFileEntry
        {
            Flags = (uint)(write ? Fcntl.O_RDWR : Fcntl.O_RDONLY),
            Pos = 0,
            Fown = MappedFiles.NoOwner(),
            Name = file.Path,
            Size = (ulong)file.Status.Size,
            Mode = file.Status.Mode,
        };
        entry.BuildId.AddRange(FileIdentity.BuildId(file.Visible));
        id = tree.Images.AddFile(new FileEntry { Type = FdTypes.Reg, Reg = entry });
        entry.Id = id;
        _entries.Add(key, id);
        if (write)
            FileCopies.Capture(tree, file, entry);
        return id;
    }
}
