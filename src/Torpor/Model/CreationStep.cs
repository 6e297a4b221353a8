using Torpor.Tracing;

namespace Torpor.Model;

/// <summary>One step in the making of a tree of processes. Ids are those that the processes see themselves.</summary>
/// <param name="Task">The process that runs the step.</param>
public abstract record CreationStep(uint Task)
{
    /// <summary>It clones a process, which has a copy of its memory and descriptors from then on.</summary>
    /// <param name="Task">The process that clones.</param>
    /// <param name="Child">The new process.</param>
    /// <param name="Flags">CLONE_*: what the two share; CLONE_PARENT makes it a sibling.</param>
    /// <param name="ExitSignal">What its parent is sent at its end.</param>
    public sealed record Fork(uint Task, uint Child, ulong Flags, int ExitSignal) : CreationStep(Task);

    /// <summary>It builds its memory: <see cref="RestoreContext.Memory"/>.</summary>
    public sealed record Build(uint Task) : CreationStep(Task);

    /// <summary>It runs a few calls.</summary>
    /// <param name="Task">The process.</param>
    /// <param name="Program">The calls.</param>
    public sealed record Run(uint Task, SyscallProgram Program) : CreationStep(Task)
    {
        /// <summary>It starts a session by setsid(2).</summary>
        public bool StartsSession { get; init; }
    }

    /// <summary>It runs a program whose last call ends it.</summary>
    /// <param name="Task">The process.</param>
    /// <param name="Program">The calls.</param>
    /// <param name="Status">What it must end with, in the form of wait(2).</param>
    public sealed record End(uint Task, SyscallProgram Program, int Status) : CreationStep(Task);

    /// <summary>It is stopped as by job control, which its parent is told.</summary>
    /// <param name="Task">The process.</param>
    /// <param name="Signal">The signal that stops it.</param>
    public sealed record Stop(uint Task, int Signal) : CreationStep(Task);

    /// <summary>It is continued by SIGCONT, which stays in its queue; its parent is told once it runs.</summary>
    /// <param name="Task">The process.</param>
    public sealed record Continue(uint Task) : CreationStep(Task);
}
