import Datasets

/// A row's text in lower case, laid out for searching: the prompt's bytes, then the answer's.
struct SearchRow: Sendable {
    let bytes: [UInt8]
    /// Where the answer begins.
    let answer: Int

    init(_ example: Example) {
        var bytes: [UInt8] = []
        let turns = example.turns
        // The answer goes last wherever it stands, so that both fields are ranges of one array.
        let last: Int?
        switch example.content {
        case .chat(let messages, _): last = messages.lastIndex(where: \.isAnswer)
        case .completion: last = 1
        case .text: last = 0
        case .preference(let prompt, _, _), .feedback(let prompt, _, _), .steps(let prompt, _, _):
            last = turns.count > prompt.count ? prompt.count : nil
        case .tokens: last = 0
        }
        for (index, turn) in turns.enumerated() where index != last {
            Self.append(turn.text, to: &bytes)
            bytes.append(0x0A)
        }
        answer = bytes.count
        if let last, turns.indices.contains(last) { Self.append(turns[last].text, to: &bytes) }
        self.bytes = bytes
    }

    static func lower(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        append(text, to: &bytes)
        return bytes
    }

    private static func append(_ text: String, to bytes: inout [UInt8]) {
        let start = bytes.count
        var isPlain = true
        bytes.reserveCapacity(start + text.utf8.count + 1)
        for byte in text.utf8 {
            isPlain = isPlain && byte < 0x80
            bytes.append(byte &- 0x41 < 26 ? byte | 0x20 : byte)
        }
        if !isPlain {
            bytes.removeSubrange(start...)
            bytes.append(contentsOf: text.lowercased().utf8)
        }
    }

    enum Field: Sendable, Hashable { case anywhere, prompt, answer }

    func contains(_ needle: [UInt8], in field: Field) -> Bool {
        switch field {
        case .anywhere: Self.contains(needle, in: bytes, 0..<bytes.count)
        case .prompt: Self.contains(needle, in: bytes, 0..<answer)
        case .answer: Self.contains(needle, in: bytes, answer..<bytes.count)
        }
    }

    static func contains(_ needle: [UInt8], in bytes: [UInt8], _ range: Range<Int>) -> Bool {
        guard let first = needle.first else { return true }
        let last = range.upperBound - needle.count
        guard last >= range.lowerBound else { return false }
        let text = bytes.span
        let wanted = needle.span
        var position = range.lowerBound
        search: while position <= last {
            if text[unchecked: position] == first {
                var offset = 1
                while offset < wanted.count {
                    if text[position + offset] != wanted[offset] {
                        position += 1
                        continue search
                    }
                    offset += 1
                }
                return true
            }
            position += 1
        }
        return false
    }
}
