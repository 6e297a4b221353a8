using System.Buffers.Binary;
using Torpor.Linux;
using Torpor.Tracing;

namespace Torpor.Slices.Memory;

/// <summary>Emits the calls that read pages from the images straight to their places.</summary>
internal static class ContentPlan
{
    /// <summary>IOV_MAX.</summary>
    private const int MaximumVectors = 1024;

    /// <summary>A call moves at most MAX_RW_COUNT, just below 2 GiB.</summary>
    private const ulong MaximumBytes = 1UL << 30;

    private const int VectorSize = 16;

    /// <summary>Fills the runs, which must lie in writable memory.</summary>
    /// <param name="program">The plan.</param>
    /// <param name="pages">Where the bytes are.</param>
    /// <param name="runs">Ascending, with addresses as they are in the task.</param>
    /// <param name="what">For people: <c>memory</c>.</param>
    public static void Fill(SyscallProgram program, SavedPages pages, IEnumerable<SavedRun> runs, string what)
    {
        var batch = new List<SavedRun>();
        ulong bytes = 0;
        foreach (SavedRun run in Pieces(runs))
        {
            bool follows = batch.Count == 0 || batch[^1].FileOffset + batch[^1].Range.Length == run.FileOffset;
            if (!follows || batch.Count == MaximumVectors || bytes + run.Range.Length > MaximumBytes)
            {
                Emit(program, pages, batch, bytes, what);
                batch.Clear();
                bytes = 0;
            }
            batch.Add(run);
            bytes += run.Range.Length;
        }
        if (batch.Count > 0)
            Emit(program, pages, batch, bytes, what);
    }

    private static IEnumerable<SavedRun> Pieces(IEnumerable<SavedRun> runs)
    {
        foreach (SavedRun run in runs)
        {
            for (ulong at = run.Range.Start; at < run.Range.End; at += MaximumBytes)
                yield return run.Within(new AddressRange(at, Math.Min(run.Range.End, at + MaximumBytes)));
        }
    }

    private static void Emit(SyscallProgram program, SavedPages pages, List<SavedRun> batch, ulong bytes, string what)
    {
        SavedRun first = batch[0];
        if (batch.Count == 1)
        {
            program.Call($"read {what} at {first.Range}", Expectation.Exactly(bytes), SyscallNumber.pread64,
                pages.Descriptor, first.Range.Start, bytes, first.FileOffset);
            return;
        }
        byte[] vectors = new byte[batch.Count * VectorSize];
        for (int i = 0; i < batch.Count; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(vectors.AsSpan(i * VectorSize), batch[i].Range.Start);
            BinaryPrimitives.WriteUInt64LittleEndian(vectors.AsSpan((i * VectorSize) + 8), batch[i].Range.Length);
        }
        // The offset comes in two halves; on 64-bit machines the first holds all of it.
        program.Call($"read {what} in {batch.Count} places from {first.Range}", Expectation.Exactly(bytes), SyscallNumber.preadv,
            pages.Descriptor, program.Data(vectors), batch.Count, first.FileOffset, 0);
    }
}
