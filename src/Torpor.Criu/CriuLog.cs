using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Torpor.Criu.CommandLine;

namespace Torpor.Criu;

/// <summary>
/// The log in CRIU's form, which people and programs search for <c>Error</c> and <c>Warn</c>:
/// <c>(00.012345) Error (torpor): ...</c>, with the time since the start from verbosity 3 on.
/// </summary>
internal sealed class CriuLog : ILogger, IDisposable
{
    private const int TimestampsFrom = 3;

    private readonly TextWriter _writer;
    private readonly TextWriter? _error;
    private readonly int _verbosity;
    private readonly Func<TimeSpan> _clock;
    private readonly Lock _lock = new();

    /// <param name="writer">The log.</param>
    /// <param name="error">Gets errors too when the log is a file; else null.</param>
    /// <param name="verbosity">See <see cref="CriuSettings.Verbosity"/>.</param>
    /// <param name="clock">Tells the time since the start.</param>
    public CriuLog(TextWriter writer, TextWriter? error, int verbosity, Func<TimeSpan> clock)
    {
        _writer = writer;
        _error = error;
        _verbosity = verbosity;
        _clock = clock;
    }

    /// <summary>Opens what <c>-o</c> names, in the current directory, which is the work directory by then.</summary>
    public static CriuLog Open(CriuSettings settings, TextWriter error)
    {
        long start = Stopwatch.GetTimestamp();
        TimeSpan Clock() => Stopwatch.GetElapsedTime(start);
        if (settings.LogFile is not { } path)
            return new CriuLog(error, null, settings.Verbosity, Clock);
        try
        {
            return new CriuLog(new StreamWriter(path) { AutoFlush = true }, error, settings.Verbosity, Clock);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"can't create the log file {path}: {failure.Message}");
        }
    }

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => VerbosityOf(logLevel) <= _verbosity;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel))
            return;
        string kind = logLevel switch
        {
            LogLevel.Critical or LogLevel.Error => "Error (torpor): ",
            LogLevel.Warning => "Warn  (torpor): ",
            _ => "",
        };
        string text = kind + formatter(state, exception);
        lock (_lock)
        {
            _writer.WriteLine(_verbosity >= TimestampsFrom ? Timestamp(_clock()) + text : text);
            if (logLevel >= LogLevel.Error)
                _error?.WriteLine(text);
        }
    }

    public void Dispose()
    {
        if (_error is not null)
            _writer.Dispose();
    }

    private static string Timestamp(TimeSpan time) =>
        string.Create(CultureInfo.InvariantCulture, $"({(long)time.TotalSeconds:00}.{time.Ticks % TimeSpan.TicksPerSecond / TimeSpan.TicksPerMicrosecond:000000}) ");

    private static int VerbosityOf(LogLevel level) => level switch
    {
        LogLevel.Critical or LogLevel.Error => 1,
        LogLevel.Warning => 2,
        LogLevel.Information => 3,
        _ => 4,
    };
}
