using Torpor.Linux;
using Torpor.Tracing;

namespace Torpor.Slices.Memory;

/// <summary>Reads ranges of the stopped target's memory in bulk, whatever their protection.</summary>
internal sealed class PageSource(RemoteMemory memory)
{
    /// <summary>Fills the buffer with the ranges one behind the other.</summary>
    /// <param name="ranges">At most <see cref="MemoryCalls.MaximumRanges"/>; together as long as the buffer.</param>
    /// <param name="buffer">Receives the bytes.</param>
    /// <exception cref="LinuxException">A page can't be read.</exception>
    public void Read(ReadOnlySpan<RemoteRange> ranges, Span<byte> buffer)
    {
        while (!ranges.IsEmpty)
        {
            SyscallResult result = MemoryCalls.Read(memory.Pid, ranges, buffer);
            if (result.IsError && result.Errno is not (Errno.EFAULT or Errno.EIO))
                result.OrThrow($"process_vm_readv process {memory.Pid} at {ranges[0].Start}");
            long done = result.IsError ? 0 : result.Raw;
            // Pass over what was read whole.
            while (!ranges.IsEmpty && (ulong)done >= ranges[0].Length)
            {
                done -= (long)ranges[0].Length;
                buffer = buffer[(int)ranges[0].Length..];
                ranges = ranges[1..];
            }
            if (ranges.IsEmpty)
                return;
            // The first range left holds a page that the target itself may not read, as PROT_NONE has it.
            RemoteRange stuck = ranges[0];
            if (!memory.TryReadProtected(stuck.Start, buffer[..(int)stuck.Length]))
                throw new LinuxException($"read {stuck.Length} bytes at {stuck.Start} of process {memory.Pid}", Errno.EFAULT);
            buffer = buffer[(int)stuck.Length..];
            ranges = ranges[1..];
        }
    }

    /// <summary>Reads one page; false when there is none, as behind the end of a file.</summary>
    public bool TryReadPage(ulong address, Span<byte> page) => memory.TryReadProtected(new RemoteAddress(address), page);
}
