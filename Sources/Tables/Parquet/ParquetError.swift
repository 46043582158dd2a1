/// Why a Parquet file cannot be read.
public enum ParquetError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The bytes contradict the format.
    case damaged(reason: String)
    /// Part of the format that is not read, with what to do about it.
    case unsupported(feature: String, remedy: String)
    /// The file itself gave an error.
    case unreadable(reason: String)

    public var description: String {
        switch self {
        case .damaged(let reason): "the Parquet file is damaged: \(reason)"
        case .unsupported(let feature, let remedy): "the Parquet file uses \(feature), which is not read: \(remedy)"
        case .unreadable(let reason): reason
        }
    }
}

/// Bytes that can be asked for by their place, as a Parquet file needs it: its directory stands at its end.
public protocol PlacedBytes {
    var count: Int { get }
    /// Exactly these bytes.
    func bytes(_ range: Range<Int>) throws(ParquetError) -> [UInt8]
}

extension [UInt8]: PlacedBytes {
    public func bytes(_ range: Range<Int>) throws(ParquetError) -> [UInt8] {
        guard range.lowerBound >= 0, range.upperBound <= count else {
            throw .damaged(reason: "bytes \(range.lowerBound) to \(range.upperBound) lie beyond its end")
        }
        return Array(self[range])
    }
}
