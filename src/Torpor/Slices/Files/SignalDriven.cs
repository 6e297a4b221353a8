using Torpor.Images.Messages;
using Torpor.Linux;
using Torpor.Model;
using static Torpor.Linux.Uapi.Fcntl;

namespace Torpor.Slices.Files;

/// <summary>Signal-driven input and output: O_ASYNC, see fcntl(2) and signal(7).</summary>
internal static class SignalDriven
{
    /// <summary>Turns it on again, once everything queued is in its queue: that was signalled, and the signal was delivered or is pending.</summary>
    public static void Compile(TreeImages images, RestoredDescription description)
    {
        uint flags = FlagsOf(images, description.Entry);
        if ((flags & (O_ASYNC | O_PATH)) != O_ASYNC || description.IsRehomed || description.Holder is not { } holder)
            return;
        holder.Leader.Program.Call($"have {description.Label} driven by signals", SyscallNumber.fcntl, description.Slots[0].Number, F_SETFL,
            flags & (FileRestore.SettableFlags | O_ASYNC));
    }

    /// <summary>O_*, wherever the message of the kind has them.</summary>
    private static uint FlagsOf(TreeImages images, FileEntry entry) =>
        entry.Reg?.Flags ?? entry.Isk?.Flags ?? entry.Efd?.Flags ?? entry.Epfd?.Flags ?? entry.Sgfd?.Flags ?? entry.Tfd?.Flags
        ?? entry.Ify?.Flags ?? entry.Usk?.Flags ?? entry.Pipe?.Flags ?? entry.Tty?.Flags ?? entry.Memfd?.Flags
        ?? (entry.Fifo is { } fifo ? images.Files.GetValueOrDefault(fifo.RegfId)?.Reg?.Flags : null) ?? 0;
}
