using System.Runtime.CompilerServices;
using Torpor.Linux;

namespace Torpor.Tracing;

/// <summary>Another process's memory, by process_vm_readv(2) and process_vm_writev(2); needs ptrace access, not a stopped target.</summary>
public sealed unsafe class RemoteMemory(Pid pid) : IDisposable
{
    private Fd? _mem;

    public Pid Pid { get; } = pid;

    /// <summary>Fills the buffer; throws EFAULT when a part of the range can't be read.</summary>
    public void Read(RemoteAddress address, Span<byte> buffer)
    {
        if (!TryRead(address, buffer))
            throw new LinuxException($"read {buffer.Length} bytes at {address} of process {Pid}", Errno.EFAULT);
    }

    /// <summary>Fills the buffer; false when a part of the range can't be read.</summary>
    public bool TryRead(RemoteAddress address, Span<byte> buffer)
    {
        int done = 0;
        while (done < buffer.Length)
        {
            int read = ReadPartial(address + (ulong)done, buffer[done..]);
            if (read == 0)
                return false;
            done += read;
        }
        return true;
    }

    /// <summary>Reads up to the first page that can't be read; returns the bytes read.</summary>
    public int ReadPartial(RemoteAddress address, Span<byte> buffer)
    {
        if (buffer.IsEmpty)
            return 0;
        fixed (byte* p = buffer)
        {
            // Sound: the kernel writes only into the pinned span.
            Iovec local = new() { Base = p, Length = (nuint)buffer.Length };
            Iovec remote = new() { Base = (void*)address.Value, Length = (nuint)buffer.Length };
            SyscallResult result = Syscall.Invoke(SyscallNumber.process_vm_readv, Pid.Value, (nint)(&local), 1, (nint)(&remote), 1, 0);
            if (!result.IsError)
                return (int)result.Raw;
            if (result.Errno is Errno.EFAULT or Errno.EIO)
                return 0;
            throw new LinuxException($"process_vm_readv process {Pid} at {address}", result.Errno);
        }
    }

    /// <summary>Reads through /proc/PID/mem, which also reads what the process itself may not (PROT_NONE).</summary>
    public bool TryReadProtected(RemoteAddress address, Span<byte> buffer)
    {
        Fd mem = OpenMem();
        fixed (byte* p = buffer)
        {
            int done = 0;
            while (done < buffer.Length)
            {
                SyscallResult result = Syscall.Invoke(SyscallNumber.pread64, mem.Value, (nint)(p + done), buffer.Length - done, (long)(address.Value + (ulong)done));
                if (result.IsError || result.Raw == 0)
                    return false;
                done += (int)result.Raw;
            }
            return true;
        }
    }

    public T Read<T>(RemoteAddress address) where T : unmanaged
    {
        T value = default;
        Read(address, new Span<byte>(&value, sizeof(T)));
        return value;
    }

    /// <summary>Writes into memory that the process itself may write.</summary>
    public void Write(RemoteAddress address, ReadOnlySpan<byte> data)
    {
        fixed (byte* p = data)
        {
            int done = 0;
            while (done < data.Length)
            {
                Iovec local = new() { Base = p + done, Length = (nuint)(data.Length - done) };
                Iovec remote = new() { Base = (void*)(address.Value + (ulong)done), Length = (nuint)(data.Length - done) };
                SyscallResult result = Syscall.Invoke(SyscallNumber.process_vm_writev, Pid.Value, (nint)(&local), 1, (nint)(&remote), 1, 0);
                done += (int)result.OrThrow($"process_vm_writev process {Pid} at {address}");
            }
        }
    }

    /// <summary>Writes into any private mapping, whatever its protection, through the stopped tracee. Length is a multiple of 8.</summary>
    public static void Poke(Tid tid, RemoteAddress address, ReadOnlySpan<byte> data)
    {
        for (int i = 0; i < data.Length; i += sizeof(ulong))
            Ptrace.PokeData(tid, address + (ulong)i, Unsafe.ReadUnaligned<ulong>(in data[i]));
    }

    public void Dispose() => _mem?.Dispose();

    private Fd OpenMem()
    {
        if (_mem is null)
        {
            byte[] path = System.Text.Encoding.UTF8.GetBytes($"/proc/{Pid}/mem\0");
            fixed (byte* p = path)
                _mem = new Fd((int)Syscall.Invoke(SyscallNumber.openat, -100, (nint)p, O_CLOEXEC).OrThrow($"open /proc/{Pid}/mem"));
        }
        return _mem;
    }

    private const int O_CLOEXEC = 0x80000;

    private struct Iovec
    {
        public void* Base;
        public nuint Length;
    }
}
