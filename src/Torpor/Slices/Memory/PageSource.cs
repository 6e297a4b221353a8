using Torpor.Linux;
using Torpor.Model;
using Torpor.Tracing;

namespace Torpor.Slices.Memory;

/// <summary>
/// Reads ranges of the stopped target's memory in bulk, whatever their protection. process_vm_readv(2) is the fastest, but it
/// pins pages, for which the kernel copies those that are shared copy-on-write: a process that may share any is read through
/// /proc/PID/mem, which leaves them shared.
/// </summary>
internal sealed class PageSource(RemoteMemory memory, bool mayShare)
{
    /// <summary>PF_FORKNOEXEC: forked, and no other program executed since.</summary>
    private const uint ForkedOnly = 0x40;

    /// <summary>Chooses the way for a process.</summary>
    public static PageSource Of(CaptureContext process) =>
        new(process.Memory, process.Tree.Processes.Count > 1 || (process.Proc.Stat().Flags & ForkedOnly) != 0);

    /// <summary>Fills the buffer with the ranges one behind the other.</summary>
    /// <param name="ranges">At most <see cref="MemoryCalls.MaximumRanges"/>; together as long as the buffer.</param>
    /// <param name="buffer">Receives the bytes.</param>
    /// <exception cref="LinuxException">A page can't be read.</exception>
    public void Read(ReadOnlySpan<RemoteRange> ranges, Span<byte> buffer)
    {
        if (mayShare)
        {
            foreach (RemoteRange range in ranges)
            {
                ReadProtected(range, buffer[..(int)range.Length]);
                buffer = buffer[(int)range.Length..];
            }
            return;
        }
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
            ReadProtected(stuck, buffer[..(int)stuck.Length]);
            buffer = buffer[(int)stuck.Length..];
            ranges = ranges[1..];
        }
    }

    private void ReadProtected(RemoteRange range, Span<byte> buffer)
    {
        if (!memory.TryReadProtected(range.Start, buffer))
            throw new LinuxException($"read {range.Length} bytes at {range.Start} of process {memory.Pid}", Errno.EFAULT);
    }

    /// <summary>Reads one page; false when there is none, as behind the end of a file.</summary>
    public bool TryReadPage(ulong address, Span<byte> page) => memory.TryReadProtected(new RemoteAddress(address), page);
}
