using Torpor.Linux;

namespace Torpor.Model;

/// <summary>
/// Which descriptor numbers a plan uses for itself: a range that no process of the tree has a descriptor in. The root opens
/// every description of the tree once and keeps it there; all processes inherit the range, put their own descriptors in
/// place from it, and close it at the end.
/// </summary>
/// <param name="start">The first number.</param>
/// <param name="kept">How many descriptions are kept at most.</param>
/// <param name="passed">How many descriptors the tool hands down at most.</param>
public sealed class DescriptorLayout(int start, int kept, int passed)
{
    private readonly List<Fd> _passed = [];
    private int _kept;

    /// <summary>Room for descriptors that are open only while a step or two run.</summary>
    private const int TemporaryRoom = 64;

    /// <summary>The kernel's ceiling for fs.nr_open is about a billion; its default is 2^20, and no program has more.</summary>
    public const int MaximumNumber = 1 << 24;

    /// <summary>Descriptors that the tool passes in for other things than images.</summary>
    private const int PassedBesideImages = 64;

    /// <summary>Pseudo-terminals have numbers below kernel.pty.max. A private set of them is made from 0 on; those that are not wanted are open meanwhile.</summary>
    private const uint MaximumTerminals = 1 << 16;

    /// <summary>Finds a range for the descriptors of an image.</summary>
    /// <param name="images">The images.</param>
    /// <param name="imageFiles">How many files there are.</param>
    public static DescriptorLayout For(TreeImages images, int imageFiles)
    {
        // A Unix socket may need another one that has gone before.
        int kept = images.Files.Count + images.MemfdInodes.Count + images.Files.Values.Count(file => file.Usk is not null);
        int passed = imageFiles + PassedBesideImages + (3 * images.Processes.Count);
        int room = TemporaryRoom + (int)images.Terminals.Where(info => info.TorporOwn && info.Pty is not null).Select(info => Math.Min(info.Pty.Index + 1, MaximumTerminals)).DefaultIfEmpty(0u).Max();
        int wanted = room + kept + passed;
        long free = 0;
        foreach (uint number in images.Processes.SelectMany(process => process.Descriptors).Select(slot => slot.Fd).Distinct().Order())
        {
            if (number - free >= wanted || number >= MaximumNumber)
                break;
            free = number + 1L;
        }
        return new DescriptorLayout((int)free + room, kept, passed);
    }

    public int Start { get; } = start;

    /// <summary>What the tool passes in starts here.</summary>
    public int PassBase { get; } = start + kept;

    /// <summary>The first number behind the range.</summary>
    public int End { get; } = start + kept + passed;

    /// <summary>What the tool passes in, in order: the first gets <see cref="PassBase"/>, the next one more.</summary>
    public IReadOnlyList<Fd> Passed => _passed;

    /// <summary>Has the root inherit a descriptor of the tool (which goes on owning its own); returns its number in every process.</summary>
    public int Pass(Fd fd)
    {
        if (_passed.Count == passed)
            throw new TorporException(FailureKind.Refused, $"the plan hands down more than {passed} descriptors");
        _passed.Add(fd);
        return PassBase + _passed.Count - 1;
    }

    /// <summary>A number to keep one more description at.</summary>
    public int Keep()
    {
        if (_kept == kept)
            throw new TorporException(FailureKind.Refused, $"the plan keeps more than {kept} descriptions");
        return Start + _kept++;
    }
}
