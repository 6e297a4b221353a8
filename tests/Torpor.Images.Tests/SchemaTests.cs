using System.Reflection;
using System.Text.RegularExpressions;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Torpor.Images.Tests;

public sealed partial class SchemaTests
{
    /// <summary>Below are CRIU's numbers, now and in future.</summary>
    private const int FirstExtension = 5000;

    private static readonly string Source = SourceDirectory();

    internal static IReadOnlyList<MessageDescriptor> AllMessages { get; } =
        [.. typeof(ImageMagic).Assembly.GetTypes()
            .Where(type => type.Name.EndsWith("Reflection", StringComparison.Ordinal))
            .Select(type => type.GetProperty("Descriptor", BindingFlags.Public | BindingFlags.Static)?.GetValue(null))
            .OfType<FileDescriptor>()
            .SelectMany(file => file.MessageTypes)
            .OrderBy(message => message.Name, StringComparer.Ordinal)];

    [Fact]
    public void MessageNames_Always_AliasEachMessageAndEnum()
    {
        IEnumerable<string> declared = Directory.GetFiles(Path.Combine(Source, "Protos"), "*.proto")
            .SelectMany(File.ReadLines)
            .Select(line => Declaration().Match(line))
            .Where(match => match.Success)
            .Select(match => match.Groups[1].Value)
            .Order(StringComparer.Ordinal)
            .Select(name => $"    <Using Include=\"Torpor.Images.Messages.{name}\" Alias=\"{Pascal(name)}\" />");
        IEnumerable<string> aliases = File.ReadLines(Path.Combine(Source, "MessageNames.props"))
            .Where(line => line.Contains("<Using", StringComparison.Ordinal));
        Assert.Equal(declared, aliases);
    }

    [Fact]
    public void RequiredFields_Always_ListWhatProtosRequire()
    {
        string expected = string.Join('\n', MessagesWithRequirements().Select(TableLine));
        Assert.True(expected == RequiredFields.Table, $"the table should be:\n{expected}");
    }

    [Fact]
    public void Protos_ExtensionFields_AreNumberedApartAndOptional()
    {
        // Messages that are wholly ours number their fields as they like: they occur in extension fields only.
        foreach (FieldDescriptor field in AllMessages.Where(message => !IsOurs(message.Name)).SelectMany(message => message.Fields.InDeclarationOrder()))
        {
            bool ours = IsOurs(field.Name);
            Assert.True(ours == (field.FieldNumber >= FirstExtension), $"{field.FullName} = {field.FieldNumber}");
            Assert.False(!ours && field.FieldType == FieldType.Message && IsOurs(field.MessageType.Name), $"{field.FullName} has our type");
            Assert.False(ours && field.IsRequired, $"{field.FullName} is required, and CRIU's images lack it");
        }
    }

    [Fact]
    public void FindMissing_FullMessages_FindsNothing()
    {
        foreach (MessageDescriptor type in AllMessages)
            Assert.Null(RequiredFields.FindMissing(type.Name, SampleMessages.Full(type).ToByteArray()));
    }

    [Fact]
    public void FindMissing_OneFieldCleared_NamesIt()
    {
        foreach (MessageDescriptor type in AllMessages)
        {
            foreach (FieldDescriptor field in type.Fields.InDeclarationOrder().Where(field => field.IsRequired))
            {
                IMessage message = SampleMessages.Full(type);
                field.Accessor.Clear(message);
                Assert.Equal($"field {field.FieldNumber} of {type.Name}", RequiredFields.FindMissing(type.Name, message.ToByteArray()));
            }
        }
    }

    [Fact]
    public void FindMissing_NestedFieldCleared_NamesTheInnerMessage()
    {
        var core = SampleMessages.Full<CoreEntry>();
        core.ThreadInfo.Gpregs.ClearIp();
        Assert.Equal("field 17 of user_x86_regs_entry", RequiredFields.FindMissing("core_entry", core.ToByteArray()));
    }

    [Fact]
    public void FindMissing_FieldInsideGroup_DoesNotCount()
    {
        // Field 9 as a group around pages_id = 1: the decoder takes it for something unknown.
        byte[] grouped = [9 << 3 | 3, 1 << 3, 1, 9 << 3 | 4];
        Assert.Equal("field 1 of pagemap_head", RequiredFields.FindMissing("pagemap_head", grouped));
    }

    private static bool IsOurs(string name) => name.StartsWith("torpor_", StringComparison.Ordinal);

    private static IEnumerable<MessageDescriptor> MessagesWithRequirements()
    {
        var found = AllMessages.Where(message => message.Fields.InDeclarationOrder().Any(field => field.IsRequired)).ToHashSet();
        while (AllMessages.FirstOrDefault(message => !found.Contains(message) && Children(message).Any(field => found.Contains(field.MessageType))) is { } more)
            found.Add(more);
        return found.OrderBy(message => message.Name, StringComparer.Ordinal);
    }

    private static string TableLine(MessageDescriptor message)
    {
        IList<FieldDescriptor> fields = message.Fields.InFieldNumberOrder();
        var listed = MessagesWithRequirements().ToHashSet();
        string required = string.Join(' ', fields.Where(field => field.IsRequired).Select(Tag));
        string children = string.Join(' ', Children(message).Where(field => listed.Contains(field.MessageType)).Select(field => $"{Tag(field)}:{field.MessageType.Name}"));
        return $"{message.Name} | {required} | {children}".TrimEnd();
    }

    private static IEnumerable<FieldDescriptor> Children(MessageDescriptor message) =>
        message.Fields.InFieldNumberOrder().Where(field => field.FieldType == FieldType.Message);

    private static uint Tag(FieldDescriptor field) => WireFormat.MakeTag(field.FieldNumber, field.FieldType switch
    {
        FieldType.String or FieldType.Bytes or FieldType.Message => WireFormat.WireType.LengthDelimited,
        FieldType.Fixed64 => WireFormat.WireType.Fixed64,
        _ => WireFormat.WireType.Varint,
    });

    private static string Pascal(string name) =>
        string.Concat(name.Split('_').Select(part => char.ToUpperInvariant(part[0]) + part[1..]));

    private static string SourceDirectory([System.Runtime.CompilerServices.CallerFilePath] string thisFile = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "../../src/Torpor.Images"));

    [GeneratedRegex(@"^(?:message|enum) (\w+) \{")]
    private static partial Regex Declaration();
}
