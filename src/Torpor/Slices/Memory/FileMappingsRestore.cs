using Torpor.Images;
using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Linux.Uapi;
using Torpor.Model;
using Torpor.Tracing;

namespace Torpor.Slices.Memory;

/// <summary>Maps files: each is opened once for each way of access, mapped at all its places, and closed.</summary>
internal sealed class FileMappingsRestore(RestoreContext context, SharedMemoryRestore shared, AddressSpaceMap map)
{
    public void Map(IReadOnlyList<RestoredMapping> mappings)
    {
        foreach (IGrouping<(uint File, bool Write), RestoredMapping> group in mappings
            .Where(m => m.State.IsFile && m.NewParts().Any())
            .GroupBy(m => (m.State.BackingId, m.State.Kind == MappingKind.FileShared && m.State.Has(MappingTraits.MayWrite))))
        {
            (int fd, string what, bool close) = Open(group.Key.File, group.Key.Write);
            foreach (RestoredMapping mapping in group)
                MappingPlan.Map(context.Memory, mapping, what, fd);
            if (close)
                context.MemoryDescriptors.Close(context.Memory, fd);
        }
    }

    /// <summary>Emits what opens a file of the images for mapping or as the program's own file.</summary>
    /// <returns>The descriptor, the file's name for people, and whether the caller is to close it.</returns>
    public (int Fd, string What, bool Close) Open(uint id, bool write)
    {
        if (!context.Images.Files.TryGetValue(id, out FileEntry? file))
            throw new TorporException(FailureKind.ImageDamaged, $"files image: a mapping names the file {id}, which is not there", "take the checkpoint again");
        if (file.Type == FdTypes.Memfd && file.Memfd is not null)
            return shared.OpenMemfd(context, file.Memfd.InodeId, write);
        if (file.Type != FdTypes.Reg || file.Reg is null)
            throw new TorporException(FailureKind.ImageDamaged, $"files image: a mapping names the file {id} of the kind {file.Type}, which can't be mapped", "take the checkpoint again");
        if (Ghost.IdOf(context.Images.Tree, id) is { } ghost)
            return OpenGhost(ghost, file.Reg.Name, write);
        return OpenPath(file.Reg, write);
    }

    private (int, string, bool) OpenPath(RegFileEntry file, bool write)
    {
        if (!file.Name.StartsWith('/') || file.Name.Contains('\0'))
            throw new TorporException(FailureKind.ImageDamaged, $"files image: the file {file.Id} has the impossible path '{file.Name}'", "take the checkpoint again");
        SavedPages? copy = file.HasTorporCopy ? SavedPages.Load(context.Tree, ImageName.SharedPagemap(file.TorporCopy)) : null;
        if (shared.IsNew(file.Name) && !FileIdentity.Check(file) && copy is not null)
            SharedMemoryRestore.FillFile(context, map, FileCopies.Create(context, file), file.Name, copy);
        int flags = (write ? Fcntl.O_RDWR : Fcntl.O_RDONLY) | Fcntl.O_CLOEXEC;
        int fd = context.MemoryDescriptors.Open(context.Memory, $"open {file.Name}", SyscallNumber.openat, Fcntl.AT_FDCWD, context.Memory.Text(file.Name), flags, 0);
        return (fd, file.Name, true);
    }

    private (int, string, bool) OpenGhost(uint ghost, string name, bool write)
    {
        if (!RestoredObjects.Of(context).TryFind(SharedObjectKind.GhostFile, ghost, out int kept))
            throw new TorporException(FailureKind.Refused, $"the deleted file {name} is mapped, and no descriptor of it is in the images", "such images are not supported yet");
        return Reopen(context.Memory, context.MemoryDescriptors, kept, name, write);
    }

    /// <summary>Opens a file again that has no path any more, with the access that is wanted.</summary>
    public static (int Fd, string What, bool Close) Reopen(SyscallProgram program, DescriptorTable table, int kept, string name, bool write)
    {
        int flags = (write ? Fcntl.O_RDWR : Fcntl.O_RDONLY) | Fcntl.O_CLOEXEC;
        int fd = table.Open(program, $"open {name} again", SyscallNumber.openat, Fcntl.AT_FDCWD,
            program.Text($"/proc/self/fd/{kept}"), flags, 0);
        return (fd, name, true);
    }
}
