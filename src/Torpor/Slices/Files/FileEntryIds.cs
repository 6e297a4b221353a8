namespace Torpor.Slices.Files;

/// <summary>files.img has each id twice: in the entry, and in the message of its kind.</summary>
internal static class FileEntryIds
{
    public static void Repeat(FileEntry entry)
    {
        uint id = entry.Id;
        if (entry.Reg is not null) entry.Reg.Id = id;
        if (entry.Isk is not null) entry.Isk.Id = id;
        if (entry.Efd is not null) entry.Efd.Id = id;
        if (entry.Epfd is not null)
        {
            entry.Epfd.Id = id;
            foreach (EventpollTfdEntry target in entry.Epfd.Tfd)
                target.Id = id;
        }
        if (entry.Sgfd is not null) entry.Sgfd.Id = id;
        if (entry.Tfd is not null) entry.Tfd.Id = id;
        if (entry.Ify is not null)
        {
            entry.Ify.Id = id;
            foreach (InotifyWdEntry watch in entry.Ify.Wd)
                watch.Id = id;
        }
        if (entry.Ext is not null) entry.Ext.Id = id;
        if (entry.Usk is not null) entry.Usk.Id = id;
        if (entry.Fifo is not null) entry.Fifo.Id = id;
        if (entry.Pipe is not null) entry.Pipe.Id = id;
        if (entry.Tty is not null) entry.Tty.Id = id;
        if (entry.Memfd is not null) entry.Memfd.Id = id;
        if (entry.Nlsk is not null) entry.Nlsk.Id = id;
        if (entry.Psk is not null) entry.Psk.Id = id;
    }
}
