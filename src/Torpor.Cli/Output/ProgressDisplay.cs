using System.Diagnostics;
using Spectre.Console;

namespace Torpor.Cli.Output;

/// <summary>
/// Shows how far long work is: a bar on a terminal, a plain line now and then elsewhere. What is done in less than the
/// delay shows nothing and pays nothing.
/// </summary>
internal sealed class ProgressDisplay(TextWriter error) : IProgress<ProgressStep>, IDisposable
{
    private static readonly TimeSpan s_delay = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan s_lineInterval = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly long _start = Stopwatch.GetTimestamp();
    private TimeSpan _nextLine = s_delay;
    private ProgressStep _latest;
    private Thread? _bar;
    private volatile bool _done;

    public void Report(ProgressStep value)
    {
        TimeSpan elapsed = Stopwatch.GetElapsedTime(_start);
        lock (_lock)
        {
            _latest = value;
            if (_done || elapsed < s_delay)
                return;
            if (Terminal.IsError)
            {
                if (_bar is null)
                {
                    _bar = new Thread(ShowBar) { IsBackground = true, Name = "progress" };
                    _bar.Start();
                }
            }
            else if (elapsed >= _nextLine)
            {
                _nextLine = elapsed + s_lineInterval;
                error.WriteLine(value.Total > 0 ? $"{value.Activity}: {100 * value.Done / value.Total} %" : value.Activity);
            }
        }
    }

    public void Dispose()
    {
        _done = true;
        _bar?.Join();
    }

    private void ShowBar()
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(error) });
        console.Progress().AutoClear(true).Start(context =>
        {
            ProgressTask? task = null;
            while (!_done)
            {
                ProgressStep step;
                lock (_lock)
                    step = _latest;
                task ??= context.AddTask(Markup.Escape(step.Activity));
                task.Description = Markup.Escape(step.Activity);
                task.IsIndeterminate = step.Total <= 0;
                task.MaxValue = Math.Max(step.Total, 1);
                task.Value = step.Done;
                Thread.Sleep(50);
            }
        });
    }
}
