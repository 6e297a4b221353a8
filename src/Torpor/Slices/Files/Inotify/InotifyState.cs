using System.Buffers.Binary;
using Torpor.Linux;

namespace Torpor.Slices.Files.Inotify;

/// <summary>One watch.</summary>
/// <param name="Watch">Its descriptor.</param>
/// <param name="Path">What it watches, as the process sees it; null when only the file handle is known.</param>
/// <param name="Mask">IN_*.</param>
/// <param name="Inode">What it watches.</param>
/// <param name="Device">Of its file system, in the kernel's form.</param>
/// <param name="HandleType">Of the file handle.</param>
/// <param name="Handle">The file handle, see open_by_handle_at(2).</param>
internal sealed record InotifyWatch(uint Watch, string? Path, uint Mask, ulong Inode, uint Device, uint HandleType, byte[] Handle);

/// <summary>An inotify instance, see inotify(7).</summary>
internal sealed record InotifyState(uint Flags, SignalOwner Owner, IReadOnlyList<InotifyWatch> Watches);

/// <summary>The state in files.img.</summary>
internal static class InotifyImage
{
    /// <summary>CRIU keeps room for the largest handle.</summary>
    private const int HandleWords = 16;

    public static FileEntry ToEntry(InotifyState state)
    {
        var message = new InotifyFileEntry { Flags = state.Flags, Fown = state.Owner.ToEntry() };
        foreach (InotifyWatch watch in state.Watches)
        {
            var handle = new FhEntry { Bytes = (uint)watch.Handle.Length, Type = watch.HandleType };
            byte[] padded = new byte[HandleWords * sizeof(ulong)];
            watch.Handle.AsSpan(0, Math.Min(watch.Handle.Length, padded.Length)).CopyTo(padded);
            for (int i = 0; i < HandleWords; i++)
                handle.Handle.Add(BinaryPrimitives.ReadUInt64LittleEndian(padded.AsSpan(i * sizeof(ulong))));
            if (watch.Path is not null)
                handle.Path = watch.Path;
            message.Wd.Add(new InotifyWdEntry
            {
                Wd = watch.Watch,
                Mask = watch.Mask,
                IgnoredMask = 0,
                IIno = watch.Inode,
                SDev = watch.Device,
                FHandle = handle,
            });
        }
        return new FileEntry { Type = FdTypes.Inotify, Ify = message };
    }

    public static InotifyState FromEntry(FileEntry entry)
    {
        InotifyFileEntry message = entry.Ify ?? throw FileRestore.Damaged($"file id {entry.Id} is an inotify instance without its state");
        return new InotifyState(message.Flags, SignalOwner.FromEntry(message.Fown), [.. message.Wd.Select(FromEntry)]);
    }

    private static InotifyWatch FromEntry(InotifyWdEntry entry)
    {
        byte[] handle = new byte[Math.Min(entry.FHandle?.Handle.Count ?? 0, HandleWords) * sizeof(ulong)];
        for (int i = 0; i < handle.Length / sizeof(ulong); i++)
            BinaryPrimitives.WriteUInt64LittleEndian(handle.AsSpan(i * sizeof(ulong)), entry.FHandle!.Handle[i]);
        int length = (int)Math.Min(entry.FHandle?.Bytes ?? 0, (uint)handle.Length);
        string? path = entry.FHandle is { HasPath: true } known && !known.Path.Contains('\0') ? known.Path : null;
        return new InotifyWatch(entry.Wd, path, entry.Mask, entry.IIno, entry.SDev, entry.FHandle?.Type ?? 0, handle[..length]);
    }
}
