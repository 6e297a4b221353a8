using System.Buffers.Binary;
using System.Text;
using Torpor.Linux;

namespace Torpor.Tracing;

/// <summary>
/// A list of system calls with their data: what the interpreter in a task runs. Pure data: it can be printed, compared
/// and tested without a kernel. Loaded, it is an array of records followed by its data area.
/// </summary>
public sealed class SyscallProgram(string name)
{
    private readonly List<SyscallStep> _steps = [];
    private readonly List<(int Offset, byte[] Bytes)> _data = [];
    private readonly List<(DataReference At, DataReference Goal)> _links = [];
    private int _dataLength;

    public string Name { get; } = name;

    public IReadOnlyList<SyscallStep> Steps => _steps;

    /// <summary>Where the program is loaded in the task; set before <see cref="Encode"/>.</summary>
    public RemoteAddress Base { get; set; }

    /// <summary>The loaded size in bytes, records and data.</summary>
    public int Size => DataStart + _dataLength;

    private int DataStart => _steps.Count * SyscallRecord.Size;

    /// <summary>Puts bytes into the data area.</summary>
    /// <param name="bytes">The bytes; they are copied.</param>
    /// <param name="alignment">In bytes, a power of two up to 64.</param>
    public DataReference Data(ReadOnlySpan<byte> bytes, int alignment = 8)
    {
        DataReference reference = Space(bytes.Length, alignment);
        _data.Add((reference.Offset, bytes.ToArray()));
        return reference;
    }

    /// <summary>Puts a NUL-terminated UTF-8 string into the data area.</summary>
    public DataReference Text(string text) => Data(Encoding.UTF8.GetBytes(text + '\0'), 1);

    /// <summary>Reserves zeroed bytes, for results or as scratch.</summary>
    public DataReference Space(int length, int alignment = 8)
    {
        int offset = (_dataLength + alignment - 1) & -alignment;
        _dataLength = offset + length;
        return new DataReference(offset, length);
    }

    /// <summary>Puts the address of <paramref name="goal"/> into the data area at <paramref name="at"/>: for structs that hold pointers.</summary>
    public void Link(DataReference at, DataReference goal) => _links.Add((at, goal));

    /// <summary>Adds a call that must succeed.</summary>
    public StepReference Call(string purpose, SyscallNumber number, params ReadOnlySpan<Operand> arguments) =>
        Add(purpose, Expectation.Success, null, number, arguments);

    /// <summary>Adds a call that must return what is expected.</summary>
    public StepReference Call(string purpose, Expectation expect, SyscallNumber number, params ReadOnlySpan<Operand> arguments) =>
        Add(purpose, expect, null, number, arguments);

    /// <summary>Adds a call with another way to go on when the result is not the expected one.</summary>
    public StepReference Add(string purpose, Expectation expect, Target? otherwise, SyscallNumber number, params ReadOnlySpan<Operand> arguments)
    {
        if (arguments.Length > 6)
            throw new ArgumentException("a system call has at most six arguments", nameof(arguments));
        _steps.Add(new SyscallStep(number, arguments.ToArray(), expect, otherwise, purpose));
        return new StepReference(_steps.Count - 1);
    }

    public RemoteAddress AddressOf(int step) => Base + (ulong)(step * SyscallRecord.Size);

    public RemoteAddress AddressOf(DataReference data) => Base + (ulong)(DataStart + data.Offset);

    /// <summary>The records and the data as they are written into the task, with every address resolved.</summary>
    /// <param name="surprise">The record to go on with after a surprise in a step that names no other; null stops there.</param>
    public byte[] Encode(RemoteAddress surprise = default)
    {
        byte[] image = new byte[Size];
        ulong dataBase = Base.Value + (ulong)DataStart;
        for (int i = 0; i < _steps.Count; i++)
        {
            SyscallStep step = _steps[i];
            Span<byte> record = image.AsSpan(i * SyscallRecord.Size, SyscallRecord.Size);
            BinaryPrimitives.WriteInt64LittleEndian(record[SyscallRecord.NumberOffset..], (long)step.Number);
            for (int a = 0; a < step.Arguments.Length; a++)
            {
                Operand operand = step.Arguments[a];
                ulong value = operand.IsData ? dataBase + operand.Value : operand.Value;
                BinaryPrimitives.WriteUInt64LittleEndian(record[(SyscallRecord.ArgumentsOffset + (8 * a))..], value);
            }
            BinaryPrimitives.WriteUInt64LittleEndian(record[SyscallRecord.LowOffset..], step.Expect.Low);
            BinaryPrimitives.WriteUInt64LittleEndian(record[SyscallRecord.SpanOffset..], step.Expect.Span);
            ulong otherwise = step.Otherwise is { } target ? (target.Program ?? this).AddressOf(target.Step).Value : surprise.Value;
            BinaryPrimitives.WriteUInt64LittleEndian(record[SyscallRecord.OtherwiseOffset..], otherwise);
        }
        foreach ((int offset, byte[] bytes) in _data)
            bytes.CopyTo(image.AsSpan(DataStart + offset));
        foreach ((DataReference at, DataReference goal) in _links)
            BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan(DataStart + at.Offset), AddressOf(goal).Value);
        return image;
    }

    /// <summary>The same steps and data, to which more can be added without changing this program.</summary>
    public SyscallProgram Copy()
    {
        var copy = new SyscallProgram(Name) { _dataLength = _dataLength };
        copy._steps.AddRange(_steps);
        copy._data.AddRange(_data);
        copy._links.AddRange(_links);
        return copy;
    }

    /// <summary>One line for each step.</summary>
    public string Explain()
    {
        var text = new StringBuilder().Append(Name).Append(":\n");
        for (int i = 0; i < _steps.Count; i++)
            text.Append($"{i,6}  {_steps[i]}\n");
        return text.ToString();
    }
}
