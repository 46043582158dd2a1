/// Why compressed bytes cannot be unpacked, and where in them.
public struct DecompressionError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Format: String, Sendable {
        case deflate, gzip, zlib, zstd, snappy
        case lz4 = "LZ4"
    }

    public let format: Format
    /// Offset in the compressed bytes, from 0: where reading had come to.
    public let offset: Int
    public let reason: String

    public init(_ format: Format, offset: Int, reason: String) {
        self.format = format
        self.offset = offset
        self.reason = reason
    }

    public var description: String { "damaged \(format.rawValue) data at byte \(offset): \(reason)" }
}
