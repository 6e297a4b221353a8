using Microsoft.Extensions.Logging;

namespace Torpor.Cli.Output;

/// <summary>Writes log messages as plain lines.</summary>
internal sealed class LineLogger(TextWriter writer, LogLevel least) : ILogger
{
    private readonly Lock _lock = new();

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= least && logLevel != LogLevel.None;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel))
            return;
        string kind = logLevel switch { LogLevel.Critical or LogLevel.Error => "error: ", LogLevel.Warning => "warning: ", _ => "" };
        lock (_lock)
            writer.WriteLine(kind + formatter(state, exception));
    }
}
