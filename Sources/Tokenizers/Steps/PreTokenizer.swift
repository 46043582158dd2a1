/// Cuts text into the pieces that the model then splits into tokens, each by itself.
indirect enum PreTokenizer: Sendable {
    enum PrependScheme: Sendable { case always, first, never }

    case sequence([PreTokenizer])
    case split(TextPattern, SplitBehavior, inverts: Bool)
    case byteLevel(addsPrefixSpace: Bool, cutsWords: Bool)
    case metaspace(replacement: [UInt8], PrependScheme, splits: Bool)
    case digits(areIndividual: Bool)
    case whitespace
    case whitespaceSplit
    case punctuation(SplitBehavior)
    case bert
    case delimiter(UInt32)
    case fixedLength(Int)
    case unicodeScripts

    init(_ section: TokenizerSection, depth: Int = 0) throws(TokenizerError) {
        switch try section.text("type") {
        case "Sequence":
            try section.checkDepth(depth)
            var steps: [PreTokenizer] = []
            for element in try section.required("pretokenizers").elements() {
                steps.append(try PreTokenizer(element, depth: depth + 1))
            }
            self = .sequence(steps)
        case "Split":
            self = .split(
                try TextPattern(try section.required("pattern")), try SplitBehavior(try section.required("behavior")),
                inverts: try section.flag("invert", default: false))
        case "ByteLevel":
            self = .byteLevel(
                addsPrefixSpace: try section.flag("add_prefix_space", default: true),
                cutsWords: try section.flag("use_regex", default: true))
        case "Metaspace":
            var replacement: [UInt8] = []
            replacement.append(scalar: try section.scalar("replacement").value)
            let scheme = try Self.prependScheme(section)
            self = .metaspace(
                replacement: replacement, scheme, splits: try section.flag("split", default: true))
        case "Digits": self = .digits(areIndividual: try section.flag("individual_digits", default: false))
        case "Whitespace": self = .whitespace
        case "WhitespaceSplit": self = .whitespaceSplit
        case "Punctuation":
            let behavior = try section.member("behavior").map { (s) throws(TokenizerError) in try SplitBehavior(s) }
            self = .punctuation(behavior ?? .isolated)
        case "BertPreTokenizer": self = .bert
        case "CharDelimiterSplit", "Delimiter": self = .delimiter(try section.scalar("delimiter").value)
        case "UnicodeScripts": self = .unicodeScripts
        case "FixedLength":
            let length = try section.count("length", default: 5)
            guard length > 0 else { throw section.failure("the length must not be 0") }
            self = .fixedLength(length)
        case let other: throw section.unsupported("pre-tokenizer", other)
        }
    }

    static func prependScheme(_ section: TokenizerSection) throws(TokenizerError) -> PrependScheme {
        guard let scheme = section.member("prepend_scheme") else {
            // Files of old versions state a flag instead.
            return try section.flag("add_prefix_space", default: true) ? .always : .never
        }
        switch try scheme.text() {
        case "always": return .always
        case "first": return .first
        case "never": return .never
        case let other: throw scheme.unsupported("prepend scheme", other)
        }
    }

    /// Whether it asks where in the original text a piece starts.
    var needsOrigins: Bool {
        if case .metaspace(_, .first, _) = self { true } else { false }
    }

    /// The steps one after another, with nested sequences laid flat.
    var steps: [PreTokenizer] {
        if case .sequence(let inner) = self { inner.flatMap(\.steps) } else { [self] }
    }
}

/// Text that is being cut: the pieces are ranges of the text, in order.
struct CutText {
    var text: AlignedText
    var pieces: [Range<Int>]
    let tracks: Bool

    /// Applies a step. `mapsBytes` is false where the model takes bytes as they are, which is the same and faster.
    mutating func apply(_ step: PreTokenizer, mapsBytes: Bool) {
        switch step {
        case .sequence(let steps): for step in steps { apply(step, mapsBytes: mapsBytes) }
        case .split(let pattern, let behavior, let inverts):
            if case .words(let scanner) = pattern, case .isolated = behavior, !inverts {
                recut { bytes, piece, pieces in scanner.scan(bytes, piece, into: &pieces) }
            } else {
                recut { bytes, piece, pieces in
                    behavior.cut(piece, at: pattern.matches(in: bytes, piece), inverts: inverts, into: &pieces)
                }
            }
        case .byteLevel(let addsPrefixSpace, let cutsWords):
            if addsPrefixSpace { prependSpaces() }
            if cutsWords { recut { bytes, piece, pieces in WordScanner.gpt2.scan(bytes, piece, into: &pieces) } }
            if mapsBytes { writeAsByteAlphabet() }
        case .metaspace(let replacement, let scheme, let splits):
            replaceSpaces(replacement, scheme)
            guard splits else { return }
            recut { bytes, piece, pieces in
                let matches = TextPattern.text(replacement).matches(in: bytes, piece)
                SplitBehavior.mergedWithNext.cut(piece, at: matches, into: &pieces)
            }
        case .digits(let areIndividual):
            cut(areIndividual ? .isolated : .contiguous) { table, scalar in table.has(UnicodeData.numeric, scalar) }
        case .whitespace: cutWhitespace()
        case .whitespaceSplit: cut(.removed) { table, scalar in table.isWhiteSpace(scalar) }
        case .punctuation(let behavior): cut(behavior, Self.isPunctuation)
        case .bert:
            cut(.removed) { table, scalar in table.isWhiteSpace(scalar) }
            cut(.isolated, Self.isPunctuation)
        case .delimiter(let delimiter): cut(.removed) { _, scalar in scalar == delimiter }
        case .fixedLength(let length): cutEvery(length)
        case .unicodeScripts: cutBetweenScripts()
        }
    }

    private mutating func recut(_ cut: ([UInt8], Range<Int>, inout [Range<Int>]) -> Void) {
        var cutPieces: [Range<Int>] = []
        cutPieces.reserveCapacity(max(pieces.count, text.bytes.count / 4))
        for piece in pieces { cut(text.bytes, piece, &cutPieces) }
        pieces = cutPieces
    }

    /// Cuts at every scalar that `isDelimiter` names; each is a match of its own.
    private mutating func cut(_ behavior: SplitBehavior, _ isDelimiter: (UnicodeTable, UInt32) -> Bool) {
        let table = UnicodeTable.shared
        recut { bytes, piece, pieces in
            var matches: [Range<Int>] = []
            var position = piece.lowerBound
            while position < piece.upperBound {
                let (scalar, next) = bytes.scalar(at: position)
                if isDelimiter(table, scalar) { matches.append(position..<next) }
                position = next
            }
            behavior.cut(piece, at: matches, into: &pieces)
        }
    }

    private static func isPunctuation(_ table: UnicodeTable, _ scalar: UInt32) -> Bool {
        table.has(UnicodeData.punctuation, scalar)
    }

    /// Cuts where the script changes, as the trainer of sentencepiece does: spaces and scalars without a script go with
    /// what stands before them, kana count as Han.
    private mutating func cutBetweenScripts() {
        let table = UnicodeTable.shared
        let scripts = ScriptTable.shared
        let han = scripts.index(named: "Han")
        let common = scripts.index(named: "Common")
        let devanagari = scripts.index(named: "Devanagari")
        let kana = [scripts.index(named: "Hiragana"), scripts.index(named: "Katakana")]
        recut { bytes, piece, pieces in
            var start = piece.lowerBound
            var position = start
            var last: UInt8?
            while position < piece.upperBound {
                let (scalar, next) = bytes.scalar(at: position)
                if scalar != 0x20, scalar == 0x30fc || !table.has(UnicodeData.scriptless, scalar) {
                    var script: UInt8? = scripts[scalar]
                    switch scalar {
                    // The scripts of an older version of Unicode than that of the expressions.
                    case 0x589, 0x61c: script = common
                    case 0x953, 0x954: script = devanagari
                    default: if scalar == 0x30fc || kana.contains(script) { script = han }
                    }
                    if last != script {
                        // What stands before the first scalar with a script is lost, as in the reference library.
                        if last != nil { pieces.append(start..<position) }
                        start = position
                    }
                    last = script
                }
                position = next
            }
            if last != nil { pieces.append(start..<piece.upperBound) }
        }
    }

    /// `\w+|[^\w\s]+`, what lies between is dropped.
    private mutating func cutWhitespace() {
        let table = UnicodeTable.shared
        recut { bytes, piece, pieces in
            var start = piece.lowerBound
            var position = start
            var previous = 0
            while position < piece.upperBound {
                let (scalar, next) = bytes.scalar(at: position)
                let kind = table.isWord(scalar) ? 1 : table.isWhiteSpace(scalar) ? 0 : 2
                if kind != previous {
                    if previous != 0 { pieces.append(start..<position) }
                    start = position
                    previous = kind
                }
                position = next
            }
            if previous != 0 { pieces.append(start..<position) }
        }
    }

    private mutating func cutEvery(_ length: Int) {
        recut { bytes, piece, pieces in
            var start = piece.lowerBound
            var position = start
            var count = 0
            while position < piece.upperBound {
                position = bytes.scalar(at: position).next
                count += 1
                if count == length {
                    pieces.append(start..<position)
                    start = position
                    count = 0
                }
            }
            if start < position { pieces.append(start..<position) }
        }
    }

    /// Writes every piece anew; pieces keep their number and order.
    private mutating func rewrite(_ write: (inout AlignedTextWriter, [UInt8], Range<Int>, Int) -> Void) {
        var writer = AlignedTextWriter(text, tracks: tracks)
        var written: [Range<Int>] = []
        written.reserveCapacity(pieces.count)
        for (index, piece) in pieces.enumerated() {
            let start = writer.count
            write(&writer, text.bytes, piece, index)
            written.append(start..<writer.count)
        }
        text = writer.finish()
        pieces = written
    }

    private mutating func prependSpaces() {
        guard pieces.contains(where: { text.bytes[$0.lowerBound] != 0x20 }) else { return }
        rewrite { writer, bytes, piece, _ in
            if bytes[piece.lowerBound] != 0x20 { writer.insert(CollectionOfOne(0x20), at: piece.lowerBound) }
            writer.copy(piece)
        }
    }

    private mutating func writeAsByteAlphabet() {
        let alphabet = ByteAlphabet.shared
        rewrite { writer, bytes, piece, _ in
            for index in piece {
                var character: [UInt8] = []
                character.append(scalar: alphabet.scalars[Int(bytes[index])])
                writer.replace(index..<(index + 1), with: character)
            }
        }
    }

    private mutating func replaceSpaces(_ replacement: [UInt8], _ scheme: PreTokenizer.PrependScheme) {
        let source = text
        rewrite { writer, bytes, piece, _ in
            let isWanted =
                switch scheme {
                case .always: true
                case .first: source.origin(of: piece).lowerBound == 0
                case .never: false
                }
            let start = piece.lowerBound
            let startsWithIt = bytes[start] == 0x20 || bytes.matches(replacement, at: start, end: piece.upperBound)
            if isWanted, !startsWithIt { writer.insert(replacement, at: piece.lowerBound) }
            var copied = start
            for index in piece where bytes[index] == 0x20 {
                if copied < index { writer.copy(copied..<index) }
                writer.replace(index..<(index + 1), with: replacement)
                copied = index + 1
            }
            if copied < piece.upperBound { writer.copy(copied..<piece.upperBound) }
        }
    }
}
