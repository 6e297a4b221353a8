using Spectre.Console;

namespace Torpor.Cli.Output;

/// <summary>
/// A table: with lines and wrapped to the width on a terminal, plain columns elsewhere, so that it can be cut and grepped
/// and costs nothing to set up.
/// </summary>
/// <param name="headers">A column's title; a leading <c>&gt;</c> aligns it to the right.</param>
internal sealed class TextTable(params string[] headers)
{
    private readonly List<string[]> _rows = [];

    public void Add(params string[] cells) => _rows.Add(cells);

    public void Write(TextWriter output)
    {
        if (Terminal.IsOutput)
            WriteFramed(output);
        else
            WritePlain(output);
    }

    private void WriteFramed(TextWriter output)
    {
        var table = new Table { Border = TableBorder.Simple };
        foreach (string header in headers)
        {
            var column = new TableColumn(Markup.Escape(header.TrimStart('>')));
            table.AddColumn(header[0] == '>' ? column.RightAligned() : column);
        }
        foreach (string[] row in _rows)
            table.AddRow([.. row.Select(cell => new Text(cell))]);
        AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) }).Write(table);
    }

    private void WritePlain(TextWriter output)
    {
        int[] widths = [.. headers.Select((header, column) => Math.Max(header.TrimStart('>').Length, _rows.Select(row => row[column].Length).DefaultIfEmpty().Max()))];
        foreach (string[] row in _rows.Prepend([.. headers.Select(header => header.TrimStart('>'))]))
        {
            IEnumerable<string> cells = row.Select((cell, column) => headers[column][0] == '>' ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column]));
            output.WriteLine(string.Join("  ", cells).TrimEnd());
        }
    }
}
