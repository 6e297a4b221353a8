using Torpor.Images;
using Torpor.Images.Messages;
using Torpor.Model;

namespace Torpor;

/// <summary>CRIU's statistics files, <c>stats-dump</c> and <c>stats-restore</c>: container engines read them from the work directory.</summary>
public static class Statistics
{
    /// <summary>Writes <c>stats-dump</c>.</summary>
    /// <exception cref="TorporException">The file can't be written.</exception>
    public static void Write(string directory, CheckpointReport report) => Write(directory, ImageName.DumpStatistics, new StatsEntry
    {
        Dump = new DumpStatsEntry
        {
            FreezingTime = Microseconds(report.FreezingTime),
            FrozenTime = Microseconds(report.FrozenTime),
            // Pages go from the process into the files in one go: there is no time of writing beside that of reading.
            MemdumpTime = Microseconds(report.FrozenTime - report.FreezingTime),
            MemwriteTime = 0,
            PagesScanned = (ulong)report.PagesScanned,
            PagesSkippedParent = 0,
            PagesWritten = (ulong)report.PagesWritten,
            PagesLazy = 0,
        },
    });

    /// <summary>Writes <c>stats-restore</c>.</summary>
    /// <exception cref="TorporException">The file can't be written.</exception>
    public static void Write(string directory, RestoreReport report) => Write(directory, ImageName.RestoreStatistics, new StatsEntry
    {
        Restore = new RestoreStatsEntry
        {
            PagesCompared = 0,
            PagesSkippedCow = 0,
            ForkingTime = 0,
            RestoreTime = Microseconds(report.TotalTime),
            PagesRestored = (ulong)report.PagesRestored,
        },
    });

    private static void Write(string directory, string name, StatsEntry entry) => Failures.Translate(() =>
    {
        SingleImage.Write(Path.Combine(directory, name), ImageMagic.Stats, entry);
        return true;
    }, FailureKind.WriteFailed);

    private static uint Microseconds(TimeSpan time) => (uint)Math.Clamp(time.TotalMicroseconds, 0, uint.MaxValue);
}
