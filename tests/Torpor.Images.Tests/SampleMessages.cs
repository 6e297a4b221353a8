using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Torpor.Images.Tests;

/// <summary>Messages with every field set, to a value that differs between fields where the type allows.</summary>
internal static class SampleMessages
{
    private const int Depth = 6;

    public static T Full<T>() where T : IMessage, new()
    {
        var message = new T();
        Fill(message, Depth);
        return message;
    }

    public static IMessage Full(MessageDescriptor type) => Fill(type.Parser.ParseFrom([]), Depth);

    private static IMessage Fill(IMessage message, int depth)
    {
        foreach (FieldDescriptor field in message.Descriptor.Fields.InFieldNumberOrder())
        {
            // A cgroup contains cgroups: stop somewhere.
            if (field.FieldType == FieldType.Message && depth == 0)
                continue;
            if (field.IsRepeated)
            {
                var list = (System.Collections.IList)field.Accessor.GetValue(message);
                list.Add(Value(field, 0, depth));
                list.Add(Value(field, 1, depth));
            }
            else
            {
                field.Accessor.SetValue(message, Value(field, 0, depth));
            }
        }
        return message;
    }

    private static object Value(FieldDescriptor field, int index, int depth)
    {
        int number = field.FieldNumber * 10 + index;
        return field.FieldType switch
        {
            FieldType.UInt32 => (uint)number,
            FieldType.UInt64 or FieldType.Fixed64 => 0x7f00_0000_0000UL + (uint)number,
            FieldType.Int32 or FieldType.SInt32 => -number,
            FieldType.Int64 or FieldType.SInt64 => -(long)number,
            FieldType.Bool => true,
            FieldType.String => $"{field.Name} {index}",
            FieldType.Bytes => ByteString.CopyFromUtf8($"{field.Name} {index}"),
            FieldType.Enum => Enum.ToObject(field.EnumType.ClrType, field.EnumType.Values[^1].Number),
            FieldType.Message => Fill(field.MessageType.Parser.ParseFrom([]), depth - 1),
            _ => throw new NotSupportedException($"{field.FullName} is of type {field.FieldType}"),
        };
    }
}
