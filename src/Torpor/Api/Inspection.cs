using Torpor.Images;
using Torpor.Images.Messages;
using Torpor.Model;

namespace Torpor;

/// <summary>Reads images without restoring them.</summary>
public static class Inspection
{
    // CRIU's task states.
    private const uint TaskAlive = 1;
    private const uint TaskDead = 2;
    private const uint TaskStopped = 3;
    private const uint TaskZombie = 6;

    /// <summary>Tells what the images in a directory hold; reads no page of memory. Needs no privilege but to read the files.</summary>
    /// <exception cref="TorporException">The directory holds no readable images.</exception>
    public static InspectionReport Read(string directory) => Failures.Translate(() =>
    {
        using ImageDirectoryReader input = ImageDirectoryReader.Open(directory);
        input.ReadSingle(ImageName.Inventory, ImageMagic.Inventory, InventoryEntry.Parser);
        IReadOnlyList<string> names = input.Names();
        var files = new Dictionary<uint, FileEntry>();
        if (input.Exists(ImageName.Files))
        {
            foreach (FileEntry file in input.Read(ImageName.Files, ImageMagic.Files, FileEntry.Parser))
                files.TryAdd(file.Id, file);
        }
        return new InspectionReport
        {
            Directory = input.DirectoryPath,
            ImageFiles = names.Count,
            ImageBytes = names.Sum(input.RawLength),
            Processes = [.. input.Read(ImageName.PsTree, ImageMagic.PsTree, PstreeEntry.Parser).Select(process => ReadProcess(input, process, files))],
        };
    }, FailureKind.ImageDamaged);

    private static InspectedProcess ReadProcess(ImageDirectoryReader input, PstreeEntry process, Dictionary<uint, FileEntry> files)
    {
        CoreEntry core = input.ReadSingle(ImageName.Core(process.Pid), ImageMagic.Core, CoreEntry.Parser);
        // A process that has ended and waits for its parent has neither memory nor files.
        MmEntry? mm = input.Exists(ImageName.Mm(process.Pid)) ? input.ReadSingle(ImageName.Mm(process.Pid), ImageMagic.Mm, MmEntry.Parser) : null;
        var memory = new InspectedMemoryTable(mm);
        memory.AddStored(input, process.Pid);
        return new InspectedProcess
        {
            Pid = process.Pid,
            ParentPid = process.Ppid,
            ProcessGroup = process.Pgid,
            Session = process.Sid,
            Command = core.Tc?.Comm ?? "",
            State = core.Tc?.TaskState switch { TaskAlive => "alive", TaskDead => "dead", TaskStopped => "stopped", TaskZombie => "zombie", _ => "unknown" },
            Executable = mm is not null && files.TryGetValue(mm.ExeFileId, out FileEntry? executable) ? executable.Reg?.Name : null,
            Threads = [.. process.Threads.Prepend(process.Pid).Distinct()],
            Mappings = memory.Mappings,
            StoredBytes = memory.StoredBytes,
            Memory = memory.Kinds,
            Files = mm is null ? [] : ReadDescriptors(input, process.Pid, core, files),
        };
    }

    private static List<InspectedFile> ReadDescriptors(ImageDirectoryReader input, uint pid, CoreEntry core, Dictionary<uint, FileEntry> files)
    {
        const uint FD_CLOEXEC = 1;
        TaskKobjIdsEntry? ids = input.Exists(ImageName.Ids(pid)) ? input.ReadSingle(ImageName.Ids(pid), ImageMagic.Ids, TaskKobjIdsEntry.Parser) : core.Ids;
        var result = new List<InspectedFile>();
        string table = ImageName.FdInfo(ids?.FilesId ?? 0);
        if (!input.Exists(table))
            return result;
        foreach (FdinfoEntry descriptor in input.Read(table, ImageMagic.FdInfo, FdinfoEntry.Parser).OrderBy(entry => entry.Fd))
        {
            FileEntry? file = files.GetValueOrDefault(descriptor.Id);
            result.Add(new InspectedFile(descriptor.Fd, (descriptor.Flags & FD_CLOEXEC) != 0, descriptor.Id,
                InspectionText.Kind(descriptor.Type), file is null ? "its entry is missing" : InspectionText.Details(file, files)));
        }
        return result;
    }
}
