/// Facts about a text that need nothing but the text.
enum TextShape {
    /// Words as runs of bytes without white space; scripts without spaces count two characters as a word.
    static func count(_ text: String) -> (characters: Int, words: Int) {
        var characters = 0
        var words = 0
        var wide = 0
        var inWord = false
        for byte in text.utf8 {
            if byte & 0xC0 != 0x80 { characters += 1 }
            let isSpace = byte == 0x20 || byte == 0x0A || byte == 0x09 || byte == 0x0D
            if !isSpace, !inWord { words += 1 }
            inWord = !isSpace
            if (0xE3...0xE9).contains(byte) { wide += 1 }
        }
        return (characters, words + wide / 2)
    }

    /// How sure it is that a text stops before its end.
    enum Ending { case whole, bare, open }

    /// `open`: an unclosed bracket of JSON, an unclosed code block, a comma, or a word that cannot be the last.
    /// `bare`: no closing mark, which says something only in a set whose answers have one.
    static func ending(of text: String) -> Ending {
        let trimmed = text.reversed().drop(while: \.isWhitespace)
        guard let last = trimmed.first else { return .whole }
        let start = text.first { !$0.isWhitespace }
        if start == "{" || start == "[", !isBalanced(text) { return .open }
        if !fences(text).isMultiple(of: 2) { return .open }
        if ",;:([{-–—&/\\".contains(last) {
            return last == ":" || last == "-" || last == "/" || last == "\\" ? .bare : .open
        }
        guard last.isLetter || last.isNumber else { return .whole }
        let word = String(trimmed.prefix { $0.isLetter || $0 == "'" }.reversed()).lowercased()
        return openWords.contains(word) ? .open : .bare
    }

    private static let openWords: Set<String> = [
        "the", "a", "an", "and", "or", "but", "of", "to", "with", "for", "from", "by", "that", "which", "because", "is",
        "are", "was", "were", "your", "their", "its", "if", "when", "than", "into", "der", "die", "das", "und", "oder",
        "mit", "le", "les", "et", "el", "los",
    ]

    private static func fences(_ text: String) -> Int {
        guard text.utf8.contains(UInt8(ascii: "`")) else { return 0 }
        return text.split(separator: "\n").count { $0.drop { $0 == " " }.hasPrefix("```") }
    }

    private static func isBalanced(_ text: String) -> Bool {
        var depth = 0
        var inString = false
        var escaped = false
        for byte in text.utf8 {
            if inString {
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
            case 0x22: inString = true
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            default: break
            }
        }
        return depth <= 0 && !inString
    }

    /// Ends in a mark that closes a sentence or a block.
    static func isClosed(_ text: String) -> Bool {
        guard let last = text.last(where: { !$0.isWhitespace }) else { return false }
        return ".!?…。！？\"”’'»)]}`*".contains(last)
    }

    /// Says the same over and over: half of the four-word groups occur more than once, or one character fills a line.
    static func isRepetitive(_ text: String) -> Bool {
        var run = 0
        var previous: UInt8 = 0
        for byte in text.utf8 {
            run = byte == previous && (byte | 0x20) &- 0x61 < 26 ? run + 1 : 0
            if run >= 19 { return true }
            previous = byte
        }
        // A hash of each word, then of each four in a row.
        var words: [UInt64] = []
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        var isEmpty = true
        for byte in text.utf8 {
            if byte == 0x20 || byte == 0x0A || byte == 0x09 {
                if !isEmpty { words.append(hash) }
                (hash, isEmpty) = (0xCBF2_9CE4_8422_2325, true)
            } else {
                hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
                isEmpty = false
            }
        }
        if !isEmpty { words.append(hash) }
        guard words.count >= 24 else { return false }
        return Shingles.groups(words, size: 4).count * 2 < words.count - 3
    }

    /// Declines to answer, in the words that models do it with.
    static func isRefusal(_ answer: String) -> Bool {
        var start: [UInt8] = []
        start.reserveCapacity(200)
        for byte in answer.utf8.prefix(200) { start.append(byte &- 0x41 < 26 ? byte | 0x20 : byte) }
        // Typographic apostrophes (E2 80 99) as plain ones.
        if start.contains(0xE2) {
            start = Array(String(decoding: start, as: UTF8.self).replacing("’", with: "'").utf8)
        }
        return refusals.contains { SearchRow.contains($0, in: start, 0..<start.count) }
    }

    private static let refusals: [[UInt8]] = [
        "i cannot help with", "i can't help with", "i can't assist", "i cannot assist", "i'm unable to",
        "i am unable to",
        "i'm not able to", "i am not able to", "as an ai language model", "as an ai model", "as an ai assistant",
        "i cannot provide", "i can't provide", "i cannot fulfill", "i can't fulfill", "i'm sorry, but i can",
        "i am sorry, but i can",
        "sorry, but i can't", "sorry, i can't", "sorry, i cannot", "i won't be able to", "i must decline",
        "i cannot comply",
        "i can't comply", "i do not feel comfortable", "i don't feel comfortable", "ich kann dabei nicht helfen",
        "als ki-sprachmodell", "je ne peux pas vous aider", "en tant qu'ia", "no puedo ayudarte con",
    ].map { Array($0.utf8) }
}
