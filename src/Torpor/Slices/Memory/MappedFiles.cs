using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Linux.ProcFs;
using Torpor.Linux.Uapi;
using Torpor.Model;

namespace Torpor.Slices.Memory;

/// <summary>A file that mappings show, found again under its path.</summary>
/// <param name="Path">As the process names it.</param>
/// <param name="Visible">The path under which the tool reaches it.</param>
/// <param name="Status">What it is.</param>
internal sealed record MappedFile(string Path, string Visible, FileStatus Status);

/// <summary>
/// Finds the files of mappings by path and proves by inode that they are the same. Opening /proc/PID/map_files would be
/// simpler, but only CAP_CHECKPOINT_RESTORE in the initial user namespace allows that.
/// </summary>
internal sealed class MappedFiles(ProcTask process, MappedFileEntries entries)
{
    private readonly Dictionary<(DeviceId, ulong, string), MappedFile?> _found = [];

    /// <summary>The mapping's file; null when its path leads nowhere or to another file now.</summary>
    public MappedFile? Find(MemoryMapping mapping)
    {
        // A file may really be called "x (deleted)"; where it is not, the kernel's remark makes a path that leads nowhere.
        string name = mapping.RawName;
        (DeviceId, ulong, string) key = (mapping.Device, mapping.Inode, name);
        if (!_found.TryGetValue(key, out MappedFile? file))
        {
            // The kernel prints paths up to the reader's root, the process may live below another one.
            file = Prove(mapping, name) ?? Prove(mapping, process.PathOf("root") + name);
            _found.Add(key, file);
        }
        return file;
    }

    private static MappedFile? Prove(MemoryMapping mapping, string visible)
    {
        if (!FileCalls.TryStatus(visible, out FileStatus? status, out _))
            return null;
        bool same = status.Inode == mapping.Inode && status.Device == mapping.Device;
        return same || OtherNumbers(mapping, visible, status) ? new MappedFile(mapping.RawName, visible, status) : null;
    }

    /// <summary>
    /// File systems on which stat(2) tells other numbers than the mapping: btrfs gives each subvolume a device of its own,
    /// overlayfs shows the mapping with the numbers of the layer below on kernels before 6.8.
    /// </summary>
    private static bool OtherNumbers(MemoryMapping mapping, string visible, FileStatus status)
    {
        try
        {
            long type = FileCalls.FileSystemType(visible);
            return type == FileSystemMagic.OVERLAYFS_SUPER_MAGIC
                || (status.Inode == mapping.Inode && type is FileSystemMagic.BTRFS_SUPER_MAGIC or FileSystemMagic.FUSE_SUPER_MAGIC);
        }
        catch (LinuxException)
        {
            return false;
        }
    }

    /// <summary>The program's own file; null when it is deleted or replaced.</summary>
    public MappedFile? FindExecutable()
    {
        string path = process.ReadLink("exe");
        FileStatus exe = process.FollowedStatus("exe");
        foreach (string visible in (ReadOnlySpan<string>)[path, process.PathOf("root") + path])
        {
            if (FileCalls.TryStatus(visible, out FileStatus? status, out _) && status.IsSameFile(exe))
                return new MappedFile(path, visible, status);
        }
        return null;
    }

    /// <summary>The image entry of a file as opened for mapping: one for each file, path and way of access in the whole tree.</summary>
    public uint Entry(MappedFile file, bool write) => entries.Get(file, write);

    /// <summary>Nobody is to be told of signals.</summary>
    public static FownEntry NoOwner() => new() { Uid = 0, Euid = 0, Signum = 0, PidType = 0, Pid = 0 };
}
