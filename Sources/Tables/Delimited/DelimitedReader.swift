/// Reads delimited text (RFC 4180) record by record: quoted fields with delimiters and line breaks in them, `""` for
/// a quote, records that end at `\r\n`, `\n` or a lone `\r`. Where a file breaks the rules it is read as Python's
/// `csv` reads it: a quote inside an unquoted field is content, and so is what follows a closing quote. A blank line
/// is no record.
public struct DelimitedReader {
    /// Gives the next bytes; empty at the end.
    public typealias Refill = () throws -> [UInt8]

    public let delimiter: UInt8
    private let refill: Refill
    private var buffer: [UInt8] = []
    private var position = 0
    private var atEnd = false
    private var line: Int
    private var isFirst = true

    /// `line` is the number of the first line, when lines before it were taken already.
    public init(delimiter: UInt8, line: Int = 1, refill: @escaping Refill) {
        self.delimiter = delimiter
        self.line = line
        self.refill = refill
    }

    public init(delimiter: UInt8, bytes: [UInt8]) {
        self.init(delimiter: delimiter, refill: { [] })
        buffer = bytes
    }

    /// Blank lines passed so far.
    public private(set) var blankLines = 0

    /// The next record; nil at the end.
    /// - Throws: what the source of the bytes throws.
    public mutating func next() throws -> DelimitedRecord? {
        if isFirst {
            isFirst = false
            while buffer.count < 3, try more() {}
            if buffer.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
        }
        while true {
            guard let byte = try current() else { return nil }
            guard byte == 0x0A || byte == 0x0D else { break }
            blankLines += 1
            try endLine()
        }
        let start = line
        var fields: [String] = []
        var damage: DelimitedRecord.Content?
        while true {
            let (bytes, quotes) = try field()
            switch Self.text(bytes) {
            case .success(let text): fields.append(text)
            case .failure(let problem):
                if damage == nil {
                    damage = .damaged(
                        reason: "field \(fields.count + 1) \(problem.reason)", isEncoding: problem.isEncoding)
                }
                fields.append("")
            }
            if quotes == .open, damage == nil {
                damage = .damaged(
                    reason: "field \(fields.count) begins with a quote that is never closed; everything to the end of "
                        + "the file (line \(line)) belongs to it", isEncoding: false)
            }
            guard try current() == delimiter else { break }
            position += 1
        }
        if try current() != nil { try endLine() }
        return DelimitedRecord(content: damage ?? .fields(fields), line: start)
    }

    // MARK: Fields

    private enum Quotes { case none, closed, open }

    /// The bytes of a field, up to its delimiter, line end, or the end.
    private mutating func field() throws -> (bytes: [UInt8], quotes: Quotes) {
        var content: [UInt8] = []
        guard try current() == UInt8(ascii: "\"") else {
            try appendPlain(to: &content)
            return (content, .none)
        }
        position += 1
        while true {
            var end = position
            while end < buffer.count, buffer[end] != UInt8(ascii: "\"") {
                if buffer[end] == 0x0A { line += 1 }
                end += 1
            }
            content += buffer[position..<end]
            position = end
            if end == buffer.count {
                if try more() { continue }
                return (content, .open)
            }
            position += 1
            guard try current() == UInt8(ascii: "\"") else { break }
            content.append(UInt8(ascii: "\""))
            position += 1
        }
        try appendPlain(to: &content)
        return (content, .closed)
    }

    private mutating func appendPlain(to content: inout [UInt8]) throws {
        while true {
            var end = position
            while end < buffer.count, buffer[end] != delimiter, buffer[end] != 0x0A, buffer[end] != 0x0D { end += 1 }
            content += buffer[position..<end]
            position = end
            if end < buffer.count { return }
            if !(try more()) { return }
        }
    }

    private mutating func endLine() throws {
        let byte = try current()
        position += 1
        line += 1
        if byte == 0x0D, try current() == 0x0A { position += 1 }
    }

    private struct Damage: Error {
        var reason: String
        var isEncoding: Bool
    }

    private static func text(_ bytes: [UInt8]) -> Result<String, Damage> {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            return .failure(Damage(reason: "is not valid UTF-8; save the file as UTF-8", isEncoding: true))
        }
        if bytes.contains(0) { return .failure(Damage(reason: "holds a NUL byte", isEncoding: false)) }
        return .success(text)
    }

    // MARK: Bytes

    private mutating func current() throws -> UInt8? {
        if position == buffer.count, !(try more()) { return nil }
        return buffer[position]
    }

    /// Adds bytes; what was read before the current place is forgotten.
    private mutating func more() throws -> Bool {
        guard !atEnd else { return false }
        let bytes = try refill()
        if bytes.isEmpty {
            atEnd = true
            return false
        }
        if position == buffer.count {
            buffer = bytes
        } else {
            buffer.removeSubrange(..<position)
            buffer += bytes
        }
        position = 0
        return true
    }
}
