import Foundation

/// Changes text before it is cut: Unicode normal forms, replacements, letter case.
indirect enum Normalizer: Sendable {
    enum Form: Sendable { case nfc, nfd, nfkc, nfkd }

    case sequence([Normalizer])
    case prepend([UInt8])
    case replace(TextPattern, with: [UInt8])
    case form(Form)
    case lowercase
    case strip(left: Bool, right: Bool)
    case stripAccents
    case bert(cleansText: Bool, spacesHan: Bool, stripsAccents: Bool, lowercases: Bool)
    case byteLevel
    case nmt
    case precompiled(PrecompiledMap)
    case sentencePiece(SentencePieceNormalizer)

    init(_ section: TokenizerSection, depth: Int = 0) throws(TokenizerError) {
        switch try section.text("type") {
        case "Sequence":
            try section.checkDepth(depth)
            var steps: [Normalizer] = []
            for element in try section.required("normalizers").elements() {
                steps.append(try Normalizer(element, depth: depth + 1))
            }
            self = .sequence(steps)
        case "Prepend": self = .prepend(Array(try section.text("prepend").utf8))
        case "Replace":
            self = .replace(
                try TextPattern(try section.required("pattern")), with: Array(try section.text("content").utf8))
        case "NFC": self = .form(.nfc)
        case "NFD": self = .form(.nfd)
        case "NFKC": self = .form(.nfkc)
        case "NFKD": self = .form(.nfkd)
        case "Lowercase": self = .lowercase
        case "Strip":
            self = .strip(
                left: try section.flag("strip_left", default: true),
                right: try section.flag("strip_right", default: true))
        case "StripAccents": self = .stripAccents
        case "BertNormalizer":
            let lowercases = try section.flag("lowercase", default: true)
            self = .bert(
                cleansText: try section.flag("clean_text", default: true),
                spacesHan: try section.flag("handle_chinese_chars", default: true),
                stripsAccents: try section.flag("strip_accents", default: lowercases), lowercases: lowercases)
        case "ByteLevel": self = .byteLevel
        case "Nmt": self = .nmt
        case "Precompiled":
            let section = try section.required("precompiled_charsmap")
            guard let map = PrecompiledMap(base64: try section.text()) else {
                throw section.failure("the character map is damaged: its sizes do not fit together")
            }
            self = .precompiled(map)
        case let other: throw section.unsupported("normalizer", other)
        }
    }

    /// The changed text; `tracks`: whether the places in the original text are wanted.
    func apply(to text: AlignedText, tracks: Bool) -> AlignedText {
        switch self {
        case .sequence(let steps):
            var result = text
            for step in steps { result = step.apply(to: result, tracks: tracks) }
            return result
        case .prepend(let prefix):
            guard !text.bytes.isEmpty else { return text }
            var writer = AlignedTextWriter(text, tracks: tracks)
            writer.insert(prefix, at: 0)
            writer.copy(0..<text.bytes.count)
            return writer.finish()
        case .replace(let pattern, let content):
            let matches = pattern.matches(in: text.bytes, 0..<text.bytes.count)
            guard !matches.isEmpty else { return text }
            var writer = AlignedTextWriter(text, tracks: tracks)
            var position = 0
            for match in matches {
                if position < match.lowerBound { writer.copy(position..<match.lowerBound) }
                writer.replace(match, with: content)
                position = match.upperBound
            }
            if position < text.bytes.count { writer.copy(position..<text.bytes.count) }
            return writer.finish()
        case .form(let form): return form.apply(to: text, tracks: tracks)
        case .lowercase:
            return mapScalars(text, tracks) { scalar in
                guard scalar >= 0x80 else { return scalar >= 0x41 && scalar <= 0x5a ? [UInt8(scalar | 0x20)] : nil }
                guard let lower = Unicode.Scalar(scalar)?.properties.lowercaseMapping else { return nil }
                return Array(lower.utf8)
            }
        case .strip(let left, let right): return strip(text, left, right, tracks)
        case .stripAccents:
            let table = UnicodeTable.shared
            return mapScalars(text, tracks) { table.has(UnicodeData.combining, $0) ? [] : nil }
        case .bert(let cleansText, let spacesHan, let stripsAccents, let lowercases):
            return bert(text, tracks, cleansText, spacesHan, stripsAccents, lowercases)
        case .nmt: return mapScalars(text, tracks, Self.nmt)
        case .precompiled(let map): return map.apply(to: text, tracks: tracks)
        case .sentencePiece(let normalizer): return normalizer.apply(to: text, tracks: tracks)
        case .byteLevel:
            var writer = AlignedTextWriter(text, tracks: tracks)
            for (index, byte) in text.bytes.enumerated() {
                var character: [UInt8] = []
                character.append(scalar: ByteAlphabet.shared.scalars[Int(byte)])
                writer.replace(index..<(index + 1), with: character)
            }
            return writer.finish()
        }
    }

    /// What becomes of a scalar in the normalization of Google's NMT systems: controls vanish, separators are spaces.
    private static func nmt(_ scalar: UInt32) -> [UInt8]? {
        switch scalar {
        case 0x01...0x08, 0x0b, 0x0e...0x1f, 0x7f, 0x8f, 0x9f: []
        case 0x09, 0x0a, 0x0c, 0x0d, 0x1680, 0x200b...0x200f, 0x2028, 0x2029, 0x2581, 0xfeff, 0xfffd: [0x20]
        default: nil
        }
    }

    /// Replaces each scalar for which `map` returns something.
    private func mapScalars(_ text: AlignedText, _ tracks: Bool, _ map: (UInt32) -> [UInt8]?) -> AlignedText {
        var writer = AlignedTextWriter(text, tracks: tracks)
        var position = 0
        var copied = 0
        while position < text.bytes.count {
            let (scalar, next) = text.bytes.scalar(at: position)
            if let mapped = map(scalar) {
                if copied < position { writer.copy(copied..<position) }
                writer.replace(position..<next, with: mapped)
                copied = next
            }
            position = next
        }
        guard copied > 0 else { return text }
        if copied < text.bytes.count { writer.copy(copied..<text.bytes.count) }
        return writer.finish()
    }

    private func strip(_ text: AlignedText, _ left: Bool, _ right: Bool, _ tracks: Bool) -> AlignedText {
        let table = UnicodeTable.shared
        var lower = 0
        var upper = text.bytes.count
        while left, lower < upper, case let (scalar, next) = text.bytes.scalar(at: lower), table.isWhiteSpace(scalar) {
            lower = next
        }
        while right, upper > lower {
            let start = text.bytes.scalarStart(before: upper, lowest: lower)
            guard table.isWhiteSpace(text.bytes.scalar(at: start).value) else { break }
            upper = start
        }
        guard upper - lower < text.bytes.count else { return text }
        var writer = AlignedTextWriter(text, tracks: tracks)
        writer.copy(lower..<upper)
        return writer.finish()
    }

    private func bert(
        _ text: AlignedText, _ tracks: Bool, _ cleansText: Bool, _ spacesHan: Bool, _ stripsAccents: Bool,
        _ lowercases: Bool
    ) -> AlignedText {
        let table = UnicodeTable.shared
        var result = text
        if cleansText {
            result = mapScalars(result, tracks) { scalar in
                if scalar == 0x09 || scalar == 0x0a || scalar == 0x0d { return [0x20] }
                if scalar == 0 || scalar == 0xfffd || table.has(UnicodeData.control, scalar) { return [] }
                return table.isWhiteSpace(scalar) && scalar != 0x20 ? [0x20] : nil
            }
        }
        if spacesHan {
            result = mapScalars(result, tracks) { scalar in
                let isHan =
                    switch scalar {
                    case 0x4e00...0x9fff, 0x3400...0x4dbf, 0xf900...0xfaff, 0x20000...0x2a6df, 0x2a700...0x2b73f,
                        0x2b740...0x2b81f, 0x2b920...0x2ceaf, 0x2f800...0x2fa1f:
                        true
                    default: false
                    }
                guard isHan else { return nil }
                var spaced: [UInt8] = [0x20]
                spaced.append(scalar: scalar)
                spaced.append(0x20)
                return spaced
            }
        }
        if stripsAccents {
            result = Form.nfd.apply(to: result, tracks: tracks)
            result = mapScalars(result, tracks) { table.has(UnicodeData.accent, $0) ? [] : nil }
        }
        return lowercases ? Normalizer.lowercase.apply(to: result, tracks: tracks) : result
    }
}

extension Normalizer.Form {
    func apply(to text: AlignedText, tracks: Bool) -> AlignedText {
        guard !isSurelyNormal(text.bytes) else { return text }
        let string = String(decoding: text.bytes, as: UTF8.self)
        guard tracks else { return AlignedText(Array(normalized(string).utf8)) }
        // Normal forms never reach across grapheme clusters, so each cluster is its own alignment unit.
        var writer = AlignedTextWriter(text, tracks: true)
        var position = 0
        for character in string {
            let end = position + character.utf8.count
            let normal = normalized(String(character))
            if normal.utf8.elementsEqual(text.bytes[position..<end]) {
                writer.copy(position..<end)
            } else {
                writer.replace(position..<end, with: Array(normal.utf8))
            }
            position = end
        }
        return writer.finish()
    }

    private func normalized(_ string: String) -> String {
        switch self {
        case .nfc: string.precomposedStringWithCanonicalMapping
        case .nfd: string.decomposedStringWithCanonicalMapping
        // In two steps: in one, Foundation leaves half-width kana and their voice marks apart.
        case .nfkc: string.decomposedStringWithCompatibilityMapping.precomposedStringWithCanonicalMapping
        case .nfkd: string.decomposedStringWithCompatibilityMapping
        }
    }

    /// Whether only scalars occur that the form cannot change, for most text is of that kind.
    private func isSurelyNormal(_ bytes: [UInt8]) -> Bool {
        guard self == .nfc else { return bytes.allSatisfy { $0 < 0x80 } }
        var position = 0
        while position < bytes.count {
            let (scalar, next) = bytes.scalar(at: position)
            switch scalar {
            case 0..<0x300, 0x400...0x482, 0x2010...0x2027, 0x2030...0x205e, 0x3001...0x3029, 0x3041...0x3096,
                0x30a1...0x30fa, 0x4e00...0x9fff, 0xac00...0xd7a3, 0xff01...0xff9d, 0x1f300...0x1faff:
                position = next
            default: return false
            }
        }
        return true
    }
}
