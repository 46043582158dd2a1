/// Why a text is not JSON, and where.
public struct JSONError: Error, Equatable, CustomStringConvertible {
    /// Byte offset from the start, from 0.
    public let offset: Int
    /// Line, from 1; lines end at `\n` alone.
    public let line: Int
    /// Column in bytes, from 1.
    public let column: Int
    public let reason: String

    public var description: String { "\(reason) (line \(line), column \(column))" }
}
