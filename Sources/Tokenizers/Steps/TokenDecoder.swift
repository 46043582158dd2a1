/// Turns the texts of tokens back into plain text.
indirect enum TokenDecoder: Sendable {
    case sequence([TokenDecoder])
    case byteLevel
    case metaspace(replacement: UInt32, dropsFirst: Bool)
    case byteFallback
    case fuse
    case replace(TextPattern, with: [UInt8])
    case strip(UInt32, start: Int, stop: Int)
    case bytePair(suffix: [UInt8])
    case wordPiece(prefix: [UInt8], cleansUp: Bool)
    case ctc(pad: [UInt8], delimiter: [UInt8], cleansUp: Bool)
    /// The English clean-up of the whole text that a `tokenizer_config.json` can ask for.
    case cleanUp

    init(_ section: TokenizerSection, depth: Int = 0) throws(TokenizerError) {
        switch try section.text("type") {
        case "Sequence":
            try section.checkDepth(depth)
            var steps: [TokenDecoder] = []
            for element in try section.required("decoders").elements() {
                steps.append(try TokenDecoder(element, depth: depth + 1))
            }
            self = .sequence(steps)
        case "ByteLevel": self = .byteLevel
        case "Metaspace":
            self = .metaspace(
                replacement: try section.scalar("replacement").value,
                dropsFirst: try PreTokenizer.prependScheme(section) != .never)
        case "ByteFallback": self = .byteFallback
        case "Fuse": self = .fuse
        case "Replace":
            self = .replace(
                try TextPattern(try section.required("pattern")), with: Array(try section.text("content").utf8))
        case "Strip":
            self = .strip(
                try section.scalar("content", default: " ").value, start: try section.count("start", default: 0),
                stop: try section.count("stop", default: 0))
        case "BPEDecoder": self = .bytePair(suffix: Array((try section.optionalText("suffix") ?? "</w>").utf8))
        case "WordPiece":
            self = .wordPiece(
                prefix: Array((try section.optionalText("prefix") ?? "##").utf8),
                cleansUp: try section.flag("cleanup", default: true))
        case "CTC":
            self = .ctc(
                pad: Array((try section.optionalText("pad_token") ?? "<pad>").utf8),
                delimiter: Array((try section.optionalText("word_delimiter_token") ?? "|").utf8),
                cleansUp: try section.flag("cleanup", default: true))
        case let other: throw section.unsupported("decoder", other)
        }
    }

    /// The steps one after another, with nested sequences laid flat.
    var steps: [TokenDecoder] {
        if case .sequence(let inner) = self { inner.flatMap(\.steps) } else { [self] }
    }

    /// Applies the step to whole tokens; tokens may be joined by it.
    func apply(_ tokens: [[UInt8]]) -> [[UInt8]] {
        switch self {
        case .sequence(let steps): return steps.reduce(tokens) { $1.apply($0) }
        case .byteLevel:
            var bytes: [UInt8] = []
            for token in tokens { bytes += ByteAlphabet.shared.rawBytes(ofToken: token[...]) ?? token }
            return [Array(String(decoding: bytes, as: UTF8.self).utf8)]
        case .byteFallback:
            var decoded: [[UInt8]] = []
            var run: [UInt8] = []
            for token in tokens {
                if let byte = Self.fallbackByte(token) {
                    run.append(byte)
                } else {
                    Self.flush(&run, into: &decoded)
                    decoded.append(token)
                }
            }
            Self.flush(&run, into: &decoded)
            return decoded
        case .fuse: return [tokens.flatMap { $0 }]
        case .cleanUp: return [Self.cleaned(tokens.flatMap { $0 }, Self.wholeTextRules)]
        case .ctc:
            var decoded: [[UInt8]] = []
            for (index, token) in tokens.enumerated() where index == 0 || token != tokens[index - 1] {
                let mapped = map(token, isFirst: index == 0, isLast: index == tokens.count - 1)
                if !mapped.isEmpty { decoded.append(mapped) }
            }
            return decoded
        case .metaspace, .replace, .strip, .bytePair, .wordPiece:
            return tokens.enumerated().map { index, token in
                map(token, isFirst: index == 0, isLast: index == tokens.count - 1)
            }
        }
    }

    /// What a step that keeps tokens apart makes of one token.
    func map(_ token: [UInt8], isFirst: Bool, isLast: Bool) -> [UInt8] {
        switch self {
        case .metaspace(let replacement, let dropsFirst):
            var mapped: [UInt8] = []
            var position = 0
            while position < token.count {
                let (scalar, next) = token.scalar(at: position)
                if scalar != replacement {
                    mapped += token[position..<next]
                } else if !(isFirst && dropsFirst) {
                    mapped.append(0x20)
                }
                position = next
            }
            return mapped
        case .replace(let pattern, let content):
            return Self.replacing(pattern.matches(in: token, 0..<token.count), in: token, with: content)
        case .strip(let scalar, let start, let stop): return Self.stripped(token, scalar, start, stop)
        case .bytePair(let suffix):
            let matches = TextPattern.text(suffix).matches(in: token, 0..<token.count)
            return Self.replacing(matches, in: token, with: isLast ? [] : [0x20])
        case .wordPiece(let prefix, let cleansUp):
            var mapped = token
            if !isFirst {
                if token.matches(prefix, at: 0, end: token.count) {
                    mapped.removeFirst(prefix.count)
                } else {
                    mapped.insert(0x20, at: 0)
                }
            }
            return cleansUp ? Self.cleaned(mapped) : mapped
        case .ctc(let pad, let delimiter, let cleansUp):
            var mapped = Self.replacing(pad, in: token, with: [])
            guard cleansUp else { return mapped }
            mapped = Self.cleaned(mapped)
            return Self.replacing(delimiter, in: mapped, with: [0x20])
        case .sequence, .byteLevel, .byteFallback, .fuse, .cleanUp: return token
        }
    }

    private static func replacing(_ matches: [Range<Int>], in token: [UInt8], with content: [UInt8]) -> [UInt8] {
        guard !matches.isEmpty else { return token }
        var replaced: [UInt8] = []
        var position = 0
        for match in matches {
            replaced += token[position..<match.lowerBound]
            replaced += content
            position = match.upperBound
        }
        return replaced + token[position...]
    }

    private static func stripped(_ token: [UInt8], _ scalar: UInt32, _ start: Int, _ stop: Int) -> [UInt8] {
        var lower = 0
        var upper = token.count
        var count = 0
        while count < start, lower < upper, case let (value, next) = token.scalar(at: lower), value == scalar {
            lower = next
            count += 1
        }
        count = 0
        while count < stop, upper > lower {
            let before = token.scalarStart(before: upper, lowest: lower)
            guard token.scalar(at: before).value == scalar else { break }
            upper = before
            count += 1
        }
        return Array(token[lower..<upper])
    }

    /// The byte of `<0x0A>`.
    static func fallbackByte(_ token: [UInt8]) -> UInt8? {
        guard token.count == 6, token[0] == 0x3c, token[1] == 0x30, token[2] == 0x78, token[5] == 0x3e else {
            return nil
        }
        return UInt8(String(decoding: token[3..<5], as: UTF8.self), radix: 16)
    }

    /// Bytes that are no UTF-8 as a whole are all replaced, one character a byte.
    static func flush(_ run: inout [UInt8], into tokens: inout [[UInt8]]) {
        guard !run.isEmpty else { return }
        if String(validating: run, as: UTF8.self) != nil {
            tokens.append(run)
        } else {
            for _ in run { tokens.append([0xef, 0xbf, 0xbd]) }
        }
        run.removeAll()
    }

    private static func replacing(_ text: [UInt8], in token: [UInt8], with new: [UInt8]) -> [UInt8] {
        replacing(TextPattern.text(text).matches(in: token, 0..<token.count), in: token, with: new)
    }

    private static let tokenRules = [
        (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"),
        (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ]
    private static let wholeTextRules = tokenRules.filter { $0.0 != " do not" }

    /// The English clean-up of BERT decoders: no space before punctuation and contractions.
    private static func cleaned(_ token: [UInt8], _ rules: [(String, String)] = tokenRules) -> [UInt8] {
        rules.reduce(token) { text, rule in replacing(Array(rule.0.utf8), in: text, with: Array(rule.1.utf8)) }
    }
}
