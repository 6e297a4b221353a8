using Torpor.Model;

namespace Torpor.Slices.Files;

/// <summary>
/// One kind of open file: how it is recognized, read, and brought back. Every description belongs to exactly one kind; the
/// last ones in <see cref="FileKinds"/> refuse by name what no other takes.
/// </summary>
internal interface IFileKind
{
    /// <summary>The type of its entries in files.img; null for a kind that never gets there, or whose entries another kind brings back.</summary>
    FdTypes? Restores { get; }

    bool Recognizes(OpenDescription description);

    /// <summary>It knows others by the numbers of a descriptor table, and so has to be in one: not only in flight over a socket.</summary>
    bool NeedsTable => false;

    /// <summary>Reads descriptions without a change to any, and adds their entries, or a refusal for each that can't be captured.</summary>
    /// <param name="inspection">What to read with and where to add.</param>
    /// <param name="descriptions">All of the tree that are of this kind; not empty.</param>
    void Inspect(FileInspection inspection, IReadOnlyList<OpenDescription> descriptions);

    /// <summary>Writes bulk data, once it is certain that nothing is refused.</summary>
    void Capture(CaptureTree tree)
    {
    }

    /// <summary>Emits the calls that make the descriptions, for the root to run before any other process exists, and places them.</summary>
    void Compile(FileRestore restore, IReadOnlyList<RestoredDescription> descriptions) => throw new NotSupportedException();

    /// <summary>Emits what needs every description in its place, for a process that has them.</summary>
    /// <param name="connection">What to emit with.</param>
    /// <param name="descriptions">Those of this kind of which the process is the first that has them; not empty.</param>
    void Connect(FileConnection connection, IReadOnlyList<RestoredDescription> descriptions)
    {
    }
}
