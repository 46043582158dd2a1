/// Finds the elements of a top-level JSON array, or objects one behind the other, without parsing them and without
/// holding the file: one bad element costs only itself.
struct JSONElements {
    struct Element {
        var bytes: [UInt8]
        var line: Int
        var column: Int
    }

    private let isArray: Bool
    private let refill: () throws(DatasetError) -> [UInt8]
    private var buffer: [UInt8] = []
    private var position = 0
    private var line = 1
    /// Bytes of the line before the buffer's first, less the place where the line began.
    private var column = 1
    private var depth = 0
    private var inString = false
    private var escaped = false
    private var started = false
    private var current: Element?
    /// Whether the closing bracket came.
    private(set) var isClosed = false
    /// Where content after the closing bracket begins.
    private(set) var trailing: (line: Int, column: Int)?
    private(set) var count = 0

    init(isArray: Bool, refill: @escaping () throws(DatasetError) -> [UInt8]) {
        self.isArray = isArray
        self.refill = refill
    }

    /// The next element; the last one may be cut off.
    mutating func next() throws(DatasetError) -> Element? {
        while true {
            if position == buffer.count {
                buffer = try refill()
                position = 0
                if buffer.isEmpty { return finished() }
            }
            while position < buffer.count {
                let byte = buffer[position]
                position += 1
                if let element = take(byte) { return element }
            }
        }
    }

    private mutating func take(_ byte: UInt8) -> Element? {
        defer {
            if byte == 0x0A { (line, column) = (line + 1, 1) } else { column += 1 }
        }
        if inString {
            current?.bytes.append(byte)
            if escaped {
                escaped = false
            } else if byte == 0x5C {
                escaped = true
            } else if byte == 0x22 {
                inString = false
            }
            return nil
        }
        if isClosed {
            if trailing == nil, !DatasetFile.isSpace(byte) { trailing = (line, column) }
            return nil
        }
        switch byte {
        case 0x20, 0x09, 0x0A, 0x0D:
            current?.bytes.append(byte)
            return nil
        case UInt8(ascii: "[") where isArray && !started:
            started = true
            return nil
        case UInt8(ascii: ",") where depth == 0: return finished()
        case UInt8(ascii: "]") where isArray && depth == 0:
            isClosed = true
            return finished()
        default: break
        }
        if current == nil { current = Element(bytes: [], line: line, column: column) }
        current?.bytes.append(byte)
        switch byte {
        case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
        case UInt8(ascii: "]"), UInt8(ascii: "}"):
            depth = max(0, depth - 1)
            if depth == 0, !isArray { return finished() }
        case 0x22: inString = true
        default: break
        }
        return nil
    }

    private mutating func finished() -> Element? {
        guard var element = current else { return nil }
        current = nil
        while let last = element.bytes.last, DatasetFile.isSpace(last) { element.bytes.removeLast() }
        count += 1
        return element
    }
}
