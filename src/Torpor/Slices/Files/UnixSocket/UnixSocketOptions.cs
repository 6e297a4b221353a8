using Torpor.Linux;
using Torpor.Tracing;
using static Torpor.Linux.Uapi.Socket;

namespace Torpor.Slices.Files.UnixSocket;

/// <summary>Options that Unix sockets have beside those of <see cref="SocketSettings"/>.</summary>
internal static class UnixSocketOptions
{
    /// <summary>SO_INQ is not among them: it can be set, and not be asked for.</summary>
    private static readonly int[] s_all =
    [
        SO_PEEK_OFF, SO_TIMESTAMP, SO_TIMESTAMPNS, SO_TIMESTAMPING, SO_RXQ_OVFL, SO_SELECT_ERR_QUEUE, SO_LOCK_FILTER,
    ];

    /// <summary>Those that differ from a fresh socket's.</summary>
    public static IReadOnlyList<(int Name, int Value)> Capture(Fd socket, int type)
    {
        using Fd fresh = SocketCalls.Open(AF_UNIX, type);
        var options = new List<(int, int)>();
        foreach (int name in s_all)
        {
            if (SocketCalls.TryGetOption(socket, SOL_SOCKET, name, out int value, out _)
                && SocketCalls.TryGetOption(fresh, SOL_SOCKET, name, out int usual, out _) && value != usual)
                options.Add((name, value));
        }
        return options;
    }

    /// <summary>Those that CRIU has fields for, and that only Unix sockets have.</summary>
    public static void Capture(Fd socket, SkOptsEntry settings)
    {
        if (SocketCalls.TryGetOption(socket, SOL_SOCKET, SO_PASSPIDFD, out int pidfd, out _))
            settings.SoPasspidfd = pidfd != 0;
        if (SocketCalls.TryGetOption(socket, SOL_SOCKET, SO_PASSRIGHTS, out int rights, out _))
            settings.SoPassrights = rights != 0;
    }

    public static void Compile(SyscallProgram program, UnixSocketState state, int fd, string label)
    {
        if (state.Settings.SoPasspidfd)
            SocketSettings.Set(program, fd, SO_PASSPIDFD, 1, label);
        if (state.Settings is { HasSoPassrights: true, SoPassrights: false })
            SocketSettings.Set(program, fd, SO_PASSRIGHTS, 0, label);
        foreach ((int name, int value) in state.Options)
            SocketSettings.Set(program, fd, name, value, label);
    }
}
