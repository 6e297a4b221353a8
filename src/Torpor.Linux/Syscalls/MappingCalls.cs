using Torpor.Linux.ProcFs;

namespace Torpor.Linux;

/// <summary>Mappings of this process. Addresses are numbers: only files named *.Unsafe.cs follow them.</summary>
public static class MappingCalls
{
    /// <summary>Maps memory; flags MAP_*; no file when <paramref name="fd"/> is null. See mmap(2).</summary>
    public static nint Map(nint address, nuint length, ProtectionFlags protection, int flags, Fd? fd = null, long offset = 0) =>
        (nint)Syscall.Invoke(SyscallNumber.mmap, address, (long)length, (long)protection, flags, fd?.Value ?? -1, offset)
            .OrThrow($"mmap {length} bytes");

    /// <summary>See munmap(2).</summary>
    public static void Unmap(nint address, nuint length) =>
        Syscall.Invoke(SyscallNumber.munmap, address, (long)length).OrThrow($"munmap 0x{address:x}");

    /// <summary>See mprotect(2).</summary>
    public static void Protect(nint address, nuint length, ProtectionFlags protection) =>
        Syscall.Invoke(SyscallNumber.mprotect, address, (long)length, (long)protection).OrThrow($"mprotect 0x{address:x}");

    /// <summary>Advice MADV_*. See madvise(2).</summary>
    public static SyscallResult Advise(nint address, nuint length, int advice) =>
        Syscall.Invoke(SyscallNumber.madvise, address, (long)length, advice);
}
