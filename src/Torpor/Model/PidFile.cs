namespace Torpor.Model;

/// <summary>The file that tells the caller the restored process's pid.</summary>
internal static class PidFile
{
    public static void Write(string? path, int pid)
    {
        if (path is null)
            return;
        try
        {
            File.WriteAllText(path, $"{pid}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TorporException(FailureKind.RestoreFailed, $"write the pid file {path}: {e.Message}", "nothing was restored; name a file that can be written", e);
        }
    }
}
