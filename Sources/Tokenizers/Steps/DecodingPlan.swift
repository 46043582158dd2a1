/// Decoding in one pass, for the two kinds of decoders that nearly all vocabularies have: byte-level, and sentencepiece's
/// (replace the space sign, bytes from `<0x0A>`, fuse, strip). The text of every token is worked out once.
struct DecodingPlan: Sendable {
    private var text: [UInt8] = []
    /// Where the text of each id starts; its end is the next one's start.
    private var starts: [Int32] = [0]
    /// The byte of `<0x0A>` by id, −1 for other tokens, −2 for ids that are no token; nil for byte-level decoders, which
    /// only know −1 and −2.
    private var kinds: [Int16] = []
    private let isByteLevel: Bool
    private var strips: [TokenDecoder] = []

    /// nil where the steps are of another kind.
    init?(_ steps: [TokenDecoder]?, vocabulary: TokenTable, added: AddedTokens) {
        guard let steps else { return nil }
        var replacements: [TokenDecoder] = []
        var fallsBack = false
        if steps.count == 1, case .byteLevel = steps[0] {
            isByteLevel = true
        } else {
            var isFused = false
            isByteLevel = false
            for step in steps {
                switch step {
                case .replace where !isFused && !fallsBack: replacements.append(step)
                case .byteFallback where !isFused && !fallsBack: fallsBack = true
                case .fuse: isFused = true
                case .strip where isFused: strips.append(step)
                default: return nil
                }
            }
            guard fallsBack, isFused else { return nil }
        }
        let highest = max(vocabulary.highestID, added.tokens.keys.max() ?? -1)
        guard highest >= 0 else { return nil }
        starts.reserveCapacity(Int(highest) + 2)
        kinds.reserveCapacity(Int(highest) + 1)
        text.reserveCapacity(Int(highest) * 6)
        var raw: [UInt8] = []
        let hasAdded = !added.tokens.isEmpty
        for id in 0...highest {
            var kind: Int16 = -2
            let form = hasAdded ? added.forms[id].map { $0[...] } : nil
            if let token = form ?? vocabulary.bytes(of: id) {
                kind = -1
                if isByteLevel {
                    if ByteAlphabet.shared.readToken(token, into: &raw) {
                        text.append(contentsOf: raw)
                    } else {
                        text.append(contentsOf: token)
                    }
                } else {
                    let mapped = replacements.reduce(Array(token)) { $1.map($0, isFirst: false, isLast: false) }
                    if let byte = TokenDecoder.fallbackByte(mapped) { kind = Int16(byte) }
                    text.append(contentsOf: mapped)
                }
            }
            kinds.append(kind)
            guard text.count < Int(Int32.max) else { return nil }
            starts.append(Int32(text.count))
        }
    }

    func decode(_ ids: some Sequence<Int32>, added: AddedTokens, skipsSpecialTokens: Bool) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(ids.underestimatedCount * 5)
        var run: [UInt8] = []
        let skips = skipsSpecialTokens && !added.tokens.isEmpty
        for id in ids {
            guard id >= 0, Int(id) < kinds.count else { continue }
            let kind = kinds[Int(id)]
            if kind == -2 { continue }
            if skips, let token = added.tokens[id], token.isSpecial { continue }
            if kind >= 0 {
                run.append(UInt8(truncatingIfNeeded: kind))
                continue
            }
            if !run.isEmpty { Self.flush(&run, into: &bytes) }
            bytes.append(contentsOf: text[Int(starts[Int(id)])..<Int(starts[Int(id) + 1])])
        }
        if !run.isEmpty { Self.flush(&run, into: &bytes) }
        for strip in strips { bytes = strip.map(bytes, isFirst: true, isLast: true) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Bytes that are no UTF-8 as a whole are all replaced, one character a byte.
    private static func flush(_ run: inout [UInt8], into bytes: inout [UInt8]) {
        if String(validating: run, as: UTF8.self) != nil {
            bytes.append(contentsOf: run)
        } else {
            for _ in run { bytes.append(contentsOf: [0xef, 0xbf, 0xbd]) }
        }
        run.removeAll(keepingCapacity: true)
    }
}
