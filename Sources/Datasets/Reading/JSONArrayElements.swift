/// Finds the elements of a top-level JSON array without parsing them, so that one bad element costs only itself.
struct JSONArrayElements {
    struct Element {
        var bytes: Range<Int>
        var line: Int
        var column: Int
    }

    private(set) var elements: [Element] = []
    /// Whether the closing bracket came, with nothing but white space after it.
    private(set) var isComplete = false

    /// `open` is the offset of the opening bracket.
    init(_ bytes: [UInt8], open: Int) {
        var line = 1
        var lineStart = 0
        for index in 0..<open where bytes[index] == 0x0A { (line, lineStart) = (line + 1, index + 1) }
        var depth = 0
        var inString = false
        var escaped = false
        var current: Element?
        var lastContent = open
        var position = open + 1
        func finished() -> Element? {
            guard var element = current else { return nil }
            element.bytes = element.bytes.lowerBound..<(lastContent + 1)
            return element
        }
        while position < bytes.count {
            let byte = bytes[position]
            defer { position += 1 }
            if byte == 0x0A { (line, lineStart) = (line + 1, position + 1) }
            if inString {
                lastContent = position
                if escaped {
                    escaped = false
                } else if byte == 0x5C {
                    escaped = true
                } else if byte == 0x22 {
                    inString = false
                }
                continue
            }
            switch byte {
            case 0x20, 0x09, 0x0A, 0x0D: continue
            case UInt8(ascii: ",") where depth == 0:
                if let element = finished() { elements.append(element) }
                current = nil
                continue
            case UInt8(ascii: "]") where depth == 0:
                if let element = finished() { elements.append(element) }
                isComplete = bytes[(position + 1)...].allSatisfy { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
                return
            case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
            case 0x22: inString = true
            default: break
            }
            if current == nil {
                current = Element(bytes: position..<position, line: line, column: position - lineStart + 1)
            }
            lastContent = position
            if depth < 0 { depth = 0 }
        }
        if let element = finished() { elements.append(element) }
    }
}
