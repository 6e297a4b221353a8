using Torpor.Linux;
using Torpor.Tracing;
using static Torpor.Linux.Uapi.Fcntl;

namespace Torpor.Slices.Files.Pipe;

/// <summary>Copies what a pipe or FIFO holds without taking it out, and fills a fresh one.</summary>
internal static class PipeData
{
    /// <summary>What pipe2(2) gives unless a user has too many: sixteen pages.</summary>
    private const int DefaultCapacity = 65536;

    /// <summary>Reads a pipe by tee(2): the copy shares the pages, the original stays as it is.</summary>
    /// <param name="reader">A duplicate of the target's read end.</param>
    /// <param name="pipeId">For the image.</param>
    /// <param name="packets">Whether some writer has O_DIRECT, so that the boundaries of writes count.</param>
    /// <returns>Null when it could not be read whole.</returns>
    public static PipeContent? Capture(Fd reader, uint pipeId, bool packets)
    {
        int queued = FileCalls.BytesReadable(reader);
        int capacity = FileCalls.GetPipeSize(reader);
        uint? recorded = capacity == DefaultCapacity ? null : (uint)capacity;
        if (queued == 0)
            return new PipeContent(pipeId, [], [], recorded);
        (Fd ours, Fd copy) = FileCalls.Pipe(O_NONBLOCK);
        using Fd oursScope = ours, copyScope = copy;
        // tee takes one buffer for one, so the copy needs as many.
        if (FileCalls.GetPipeSize(copy) < capacity && !TrySetCapacity(copy, capacity))
            return null;
        if (FileCalls.Tee(reader, copy, int.MaxValue) != queued)
            return null;
        byte[] data = new byte[queued];
        var lengths = new List<uint>();
        // A read ends with a packet, so each takes exactly one where there are packets.
        for (int at = 0; at < queued;)
        {
            int length = FileCalls.Read(ours, data.AsSpan(at));
            if (length == 0)
                return null;
            lengths.Add((uint)length);
            at += length;
        }
        return new PipeContent(pipeId, data, packets ? lengths : [], recorded);
    }

    private static bool TrySetCapacity(Fd pipe, int capacity) =>
        !Syscall.Invoke(SyscallNumber.fcntl, pipe.Value, F_SETPIPE_SZ, capacity).IsError;

    /// <summary>Emits capacity and data of a fresh pipe.</summary>
    public static void Compile(FileRestore restore, PipeContent content, int writer, string label)
    {
        SyscallProgram program = restore.Program;
        if (content.Capacity is { } capacity)
            program.Call($"set the capacity of the pipe of {label} to {capacity}", SyscallNumber.fcntl, writer, F_SETPIPE_SZ, capacity);
        if (content.Data.Length == 0)
            return;
        DataReference data = program.Data(content.Data, 1);
        IEnumerable<uint> writes = content.Packets.Count > 0 ? content.Packets : [(uint)content.Data.Length];
        int at = 0;
        foreach (uint length in writes)
        {
            program.Call($"write {length} bytes into the pipe of {label}", Expectation.Exactly(length), SyscallNumber.write, writer, data.At(at), length);
            at += (int)length;
        }
    }
}
