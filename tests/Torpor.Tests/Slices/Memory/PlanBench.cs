using Torpor.Images;
using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Linux.ProcFs;
using Torpor.Model;
using Torpor.Slices.Memory;

namespace Torpor.Tests.Slices.Memory;

/// <summary>Images in a temporary directory and a context over them, to compile plans from.</summary>
internal sealed class PlanBench : IDisposable
{
    public const ulong Page = 4096;

    private const string ProcessPagemap = "pagemap-7.img";
    private const uint EmptyPagesId = 99;

    private readonly string _directory = Path.Combine(Path.GetTempPath(), $"torpor-plan-{Guid.NewGuid():n}");
    private ImageDirectoryReader? _reader;

    public ProcessImages Images { get; } = new()
    {
        Process = new PstreeEntry { Pid = 7 },
        Mm = new MmEntry { MmStartCode = 0x400000, MmEndCode = 0x401000, MmStartBrk = 0x500000, MmBrk = 0x501000 },
    };

    /// <summary>A file that exists, to be mapped.</summary>
    public string FilePath => Path.Combine(_directory, "library.so");

    public RestorePrivilege Privilege { get; set; } = new(true, false, false);

    public List<(string Name, uint Id, (ulong Address, ulong Pages)[] Runs)> Pagemaps { get; } = [];

    public PlanBench()
    {
        Directory.CreateDirectory(_directory);
        File.WriteAllText(FilePath, "content");
        Images.Mm.MmSavedAuxv.AddRange([6UL, 4096UL, 0UL, 0UL]);
        Images.Mm.ExeFileId = AddFile();
    }

    public uint AddFile(Action<RegFileEntry>? change = null)
    {
        var file = new RegFileEntry { Flags = 0, Pos = 0, Name = FilePath, Size = 7, Fown = MappedFiles.NoOwner() };
        uint id = Images.AddFile(new FileEntry { Type = FdTypes.Reg, Reg = file });
        file.Id = id;
        change?.Invoke(file);
        return id;
    }

    public void Map(ulong start, ulong pages, MappingKind kind = MappingKind.AnonymousPrivate, Func<MappingState, MappingState>? change = null)
    {
        var state = new MappingState
        {
            Start = start,
            End = start + (pages * Page),
            Kind = kind,
            Protection = ProtectionFlags.PROT_READ | ProtectionFlags.PROT_WRITE,
            Traits = MappingTraits.Accounted,
        };
        Images.Mm.Vmas.Add(MappingImage.ToEntry(change?.Invoke(state) ?? state));
    }

    public RestoreContext Context()
    {
        using (var writer = ImageDirectoryWriter.Create(Path.Combine(_directory, "images"), overwrite: false))
        {
            writer.Write(ImageName.Inventory, ImageMagic.Inventory, new InventoryEntry { ImgVersion = 1 });
            foreach ((string name, uint id, (ulong Address, ulong Pages)[] runs) in Pagemaps)
                Write(writer, name, id, runs);
            // A checkpoint always has one for the process's own memory, if only an empty one.
            if (Pagemaps.All(p => p.Name != ProcessPagemap))
                Write(writer, ProcessPagemap, EmptyPagesId, []);
            writer.Commit();
        }
        _reader = ImageDirectoryReader.Open(Path.Combine(_directory, "images"));
        return SingleProcess.Restore(Images, "7 (test)", [], Privilege, _reader, new RestoreOptions { Directory = _directory },
            new RestoredAddressSpace(new RemoteAddress(0x1_0000_0000), 0x4000, [], [], [(new RemoteAddress(0x1_0001_0000), 0x10000)]));
    }

    private static void Write(ImageDirectoryWriter writer, string name, uint id, (ulong Address, ulong Pages)[] runs)
    {
        using var pagemap = new PagemapWriter(writer, name, id);
        using Stream pages = writer.CreateRaw(ImageName.Pages(id));
        foreach ((ulong address, ulong count) in runs)
        {
            pagemap.Add(address, count, PagemapFlags.Present);
            pages.Write(new byte[count * Page]);
        }
        pagemap.Complete();
    }

    /// <summary>The steps of the compiled plan, as <c>torpor restore --explain</c> prints them, without their numbers.</summary>
    public string[] Compile()
    {
        RestoreContext context = Context();
        new MemorySlice().Compile(context.Tree);
        return [.. context.Tree.Opening.Steps.Concat(context.Memory.Steps).Concat(context.Process.Steps).Select(s => s.ToString().Replace(FilePath, "FILE", StringComparison.Ordinal))];
    }

    public void Dispose()
    {
        _reader?.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}
