using Google.Protobuf;
using Torpor.Images.Messages;
using Torpor.Linux;

namespace Torpor.Slices.ThreadIds;

/// <summary>
/// A thread's comm. The kernel keeps up to 15 bytes of any kind, and cuts a longer name in the middle of a character;
/// an image's string is UTF-8, so a name that is not goes into an extension field as bytes as well.
/// </summary>
internal static class ThreadName
{
    /// <param name="core">Gets the name.</param>
    /// <param name="comm">The content of /proc/PID/comm, with the newline that the kernel adds.</param>
    public static void ToImage(ThreadCoreEntry core, ReadOnlySpan<byte> comm)
    {
        ReadOnlySpan<byte> name = comm is [.., (byte)'\n'] ? comm[..^1] : comm;
        core.Comm = System.Text.Encoding.UTF8.GetString(name);
        if (!System.Text.Unicode.Utf8.IsValid(name))
            core.TorporComm = ByteString.CopyFrom(name);
    }

    /// <summary>The name's bytes with a NUL at the end, for prctl(PR_SET_NAME).</summary>
    public static byte[] FromImage(CoreEntry core)
    {
        if (core.ThreadCore is { HasTorporComm: true } exact)
            return [.. exact.TorporComm.Span.Slice(0, Math.Min(exact.TorporComm.Length, 15)), 0];
        string name = core.ThreadCore is { HasComm: true } thread ? thread.Comm : core.Tc?.Comm ?? "";
        int end = name.IndexOf('\0');
        return PathText.EncodeTerminated(end < 0 ? name : name[..end]);
    }
}
