namespace Torpor.EndToEnd;

/// <summary>What the environment says about this run, and where things are.</summary>
internal static class Settings
{
    /// <summary>The checkout: the nearest folder above the test binary that holds the solution.</summary>
    public static string Repository { get; } = FindRepository();

    /// <summary>The binary under test (<c>TORPOR_BIN</c>); <c>criu</c> lies beside it.</summary>
    public static string Torpor { get; } = Path.GetFullPath(Environment.GetEnvironmentVariable("TORPOR_BIN") ?? Path.Combine(Repository, "out", "torpor"));

    /// <summary>How many checkpoints and restores in a row each target goes through (<c>TORPOR_ROUNDS</c>).</summary>
    public static int Rounds { get; } = int.TryParse(Environment.GetEnvironmentVariable("TORPOR_ROUNDS"), out int rounds) && rounds > 0 ? rounds : 3;

    /// <summary>Only these targets, as in <c>c/pipes,java/Heap</c> (<c>TORPOR_TARGETS</c>); empty for all.</summary>
    public static IReadOnlyList<string> OnlyTargets { get; } =
        (Environment.GetEnvironmentVariable("TORPOR_TARGETS") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    public static string Targets { get; } = Path.Combine(Repository, "tests", "targets");

    public static bool IsRoot { get; } = Environment.IsPrivilegedProcess;

    /// <summary>For one step of a test: starting, a check, a command. On a machine where all of it takes a second.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(120);

    private static string FindRepository()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Torpor.slnx")))
                return folder.FullName;
        throw new DirectoryNotFoundException($"no Torpor.slnx above {AppContext.BaseDirectory}");
    }
}
