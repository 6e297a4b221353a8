using Google.Protobuf;

namespace Torpor.Images;

/// <summary>Writes a checkpoint's directory.</summary>
public sealed partial class ImageDirectoryWriter
{
}
