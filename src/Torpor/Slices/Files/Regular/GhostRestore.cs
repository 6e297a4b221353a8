using Torpor.Images;
using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Model;
using Torpor.Tracing;
using static Torpor.Linux.Uapi.Fcntl;
using static Torpor.Linux.Uapi.Stat;

namespace Torpor.Slices.Files.Regular;

/// <summary>Makes a file of the same content, without a name, and opens it as often as it was open.</summary>
internal static class GhostRestore
{
    /// <summary>sendfile(2) moves no more at once.</summary>
    private const long LargestTransfer = 0x7ffff000;

    public static void Compile(FileRestore restore, uint ghost, IReadOnlyList<(RestoredDescription Description, RegularState State)> descriptions)
    {
        GhostFileReader content = GhostFileReader.Open(restore.Tree.Input, ghost);
        SyscallProgram program = restore.Program;
        string path = Ghost.PathFor(descriptions[0].State.Path, ghost);
        int made = (content.Entry.Mode & S_IFMT) switch
        {
            S_IFREG => MakeFile(restore, content, path),
            S_IFDIR => Ghost.MakeDirectory(restore.Tree, path),
            uint type => throw new TorporException(FailureKind.Refused, $"{path} is a deleted file of type {Convert.ToString(type, 8)}, which is not supported", "restore this checkpoint with CRIU"),
        };
        var opened = new List<(int Opened, RestoredDescription? Description)> { (made, null) };
        foreach ((RestoredDescription description, RegularState state) in descriptions)
            opened.Add((restore.Reopen(made, state.OpenFlags & ~O_NOFOLLOW, description.Label), description));
        restore.Place(opened);
        if (descriptions.FirstOrDefault(item => (item.State.Flags & O_PATH) == 0).Description is { } ordinary)
            Attributes(program, content.Entry, ordinary.First, path);
        foreach ((RestoredDescription description, RegularState state) in descriptions)
            NamedFiles.Finish(restore, description, state);
        RestoredObjects.Of(restore.Tree).Keep(SharedObjectKind.GhostFile, ghost, descriptions[0].Description.First);
    }

    private static int MakeFile(FileRestore restore, GhostFileReader content, string path)
    {
        SyscallProgram program = restore.Program;
        DataReference name = program.Text(path);
        int made = restore.Table.Open(program, $"create {path} for a deleted file", SyscallNumber.openat,
            AT_FDCWD, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0x180);
        // Ordering: the name goes at once, so that a restore that fails later leaves no file behind.
        program.Call($"unlink {path}", SyscallNumber.unlinkat, AT_FDCWD, name, 0);
        Fill(restore, content, made, path);
        return made;
    }

    private static void Fill(FileRestore restore, GhostFileReader content, int file, string path)
    {
        SyscallProgram program = restore.Program;
        if (content.Chunks.Count > 0)
        {
            Fd image = StandardStreams.Duplicate((int)content.Image.DangerousGetHandle(), "the image of a deleted file");
            int source = restore.Table.Pass(image);
            foreach (GhostChunk chunk in content.Chunks)
            {
                program.Call($"seek in {path}", Expectation.Exactly(chunk.Offset), SyscallNumber.lseek, file, chunk.Offset, SEEK_SET);
                for (long at = 0; at < chunk.Length;)
                {
                    long length = Math.Min(chunk.Length - at, LargestTransfer);
                    program.Call($"fill {path} with {length} bytes", Expectation.Exactly(length), SyscallNumber.sendfile, file, source,
                        program.Data(BitConverter.GetBytes(chunk.ImageOffset + at)), length);
                    at += length;
                }
            }
        }
        if (content.Entry.HasSize)
            program.Call($"size {path}", SyscallNumber.ftruncate, file, content.Entry.Size);
    }

    private static void Attributes(SyscallProgram program, GhostFileEntry entry, int file, string path)
    {
        program.Call($"set the mode of {path}", SyscallNumber.fchmod, file, entry.Mode & 0xfff);
        if (entry.Mtim is null)
            return;
        Timeval accessed = entry.Atim ?? entry.Mtim;
        Span<byte> times = stackalloc byte[32];
        BitConverter.TryWriteBytes(times, accessed.TvSec);
        BitConverter.TryWriteBytes(times[8..], accessed.TvUsec % 1_000_000 * 1000);
        BitConverter.TryWriteBytes(times[16..], entry.Mtim.TvSec);
        BitConverter.TryWriteBytes(times[24..], entry.Mtim.TvUsec % 1_000_000 * 1000);
        program.Call($"set the times of {path}", SyscallNumber.utimensat, file, 0, program.Data(times), 0);
    }
}
