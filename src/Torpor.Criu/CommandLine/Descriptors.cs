using Microsoft.Win32.SafeHandles;

namespace Torpor.Criu.CommandLine;

/// <summary>Descriptors that the caller has left open for us.</summary>
internal static class Descriptors
{
    /// <summary>Closes one; that it is not open is no error.</summary>
    public static void Close(int descriptor) => new SafeFileHandle(descriptor, ownsHandle: true).Dispose();
}
