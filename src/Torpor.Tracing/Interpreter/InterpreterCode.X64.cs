namespace Torpor.Tracing;

/// <summary>
/// The project's only machine code: walks an array of records and makes the system call of each. Position-independent,
/// touches no stack. Entered with rdi = the first record.
/// <code>
///        mov  rbx, rdi              ; the record
/// next:  mov  rax, [rbx]            ; number
///        mov  rdi, [rbx+8]          ; arguments
///        mov  rsi, [rbx+16]
///        mov  rdx, [rbx+24]
///        mov  r10, [rbx+32]
///        mov  r8,  [rbx+40]
///        mov  r9,  [rbx+48]
///        syscall
///        mov  [rbx+56], rax         ; result
///        sub  rax, [rbx+64]         ; low
///        cmp  rax, [rbx+72]         ; span
///        ja   other
///        add  rbx, 96
///        jmp  next
/// other: mov  rbp, rbx              ; the record that surprised
///        mov  rbx, [rbx+80]         ; where to go on
///        test rbx, rbx
///        jnz  next
///        int3                       ; a surprise with nowhere to go: the tracer looks at rbp
/// </code>
/// A test disassembles <see cref="Bytes"/> and compares it with this listing.
/// </summary>
public static class InterpreterCode
{
    public static ReadOnlySpan<byte> Bytes =>
    [
        0x48, 0x89, 0xfb,
        0x48, 0x8b, 0x03,
        0x48, 0x8b, 0x7b, 0x08,
        0x48, 0x8b, 0x73, 0x10,
        0x48, 0x8b, 0x53, 0x18,
        0x4c, 0x8b, 0x53, 0x20,
        0x4c, 0x8b, 0x43, 0x28,
        0x4c, 0x8b, 0x4b, 0x30,
        0x0f, 0x05,
        0x48, 0x89, 0x43, 0x38,
        0x48, 0x2b, 0x43, 0x40,
        0x48, 0x3b, 0x43, 0x48,
        0x77, 0x06,
        0x48, 0x83, 0xc3, 0x60,
        0xeb, 0xcf,
        0x48, 0x89, 0xdd,
        0x48, 0x8b, 0x5b, 0x50,
        0x48, 0x85, 0xdb,
        0x75, 0xc3,
        0xcc,
    ];

    /// <summary>Bytes to reserve for the code; a multiple of what PTRACE_POKEDATA writes at once.</summary>
    public static int Length => (Bytes.Length + 7) & ~7;

    /// <summary>Where the stub waits until it is seized: <c>pause; jmp .-2</c> (the processor's pause, no system call).</summary>
    public static ReadOnlySpan<byte> WaitLoop => [0xf3, 0x90, 0xeb, 0xfc];
}
