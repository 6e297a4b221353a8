using Google.Protobuf;

namespace Torpor.Images;

/// <summary>Reads a checkpoint's directory.</summary>
public sealed partial class ImageDirectoryReader
{
}
