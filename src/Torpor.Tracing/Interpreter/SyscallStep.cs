using Torpor.Linux;

namespace Torpor.Tracing;

/// <summary>One planned system call.</summary>
/// <param name="Number">The system call.</param>
/// <param name="Arguments">Up to six; missing ones are zero.</param>
/// <param name="Expect">The results that let the program go on.</param>
/// <param name="Otherwise">Where to go on after any other result; null stops the program there.</param>
/// <param name="Purpose">For people: what a failure of this step means, as in <c>map /usr/lib/libc.so.6 at 0x7f…</c>.</param>
public sealed record SyscallStep(SyscallNumber Number, Operand[] Arguments, Expectation Expect, Target? Otherwise, string Purpose)
{
    public override string ToString() =>
        $"{Number}({string.Join(", ", Arguments.Select(a => a.ToString()))}) {Expect}{(Otherwise is { } o ? $" else {o}" : "")}  # {Purpose}";
}

/// <summary>A step of this program, or of another one loaded beside it, as the goal of a jump.</summary>
public sealed record Target(SyscallProgram? Program, int Step)
{
    public override string ToString() => Program is null ? $"step {Step}" : $"{Program.Name} step {Step}";
}
