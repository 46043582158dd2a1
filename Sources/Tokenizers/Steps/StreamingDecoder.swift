/// Decodes tokens one by one, putting out text as soon as nothing that follows can change it.
///
/// What all calls return, joined, equals `Tokenizer.decode` of all ids.
public struct StreamingDecoder: Sendable {
    private let tokenizer: Tokenizer
    private let skipsSpecialTokens: Bool
    private var stages: [DecodingStage]
    /// Ids kept back where the decoder of the file does not work from left to right.
    private var kept: [Int32]?

    init(tokenizer: Tokenizer, skipsSpecialTokens: Bool) {
        self.tokenizer = tokenizer
        self.skipsSpecialTokens = skipsSpecialTokens
        let stages = DecodingStage.stages(for: tokenizer.decoderSteps)
        self.stages = stages ?? []
        kept = stages == nil ? [] : nil
    }

    /// The text that is certain after this token; often empty in the middle of a character.
    public mutating func append(_ id: Int32) -> String {
        if kept != nil {
            kept?.append(id)
            return ""
        }
        guard let token = tokenizer.decodedBytes(of: id, skipsSpecialTokens: skipsSpecialTokens) else { return "" }
        return pass([token], from: 0)
    }

    /// The rest of the text, when no more tokens come.
    public mutating func finish() -> String {
        if let ids = kept {
            kept = []
            return tokenizer.decode(ids, skipSpecialTokens: skipsSpecialTokens)
        }
        var text = ""
        for index in stages.indices {
            let rest = stages[index].finish()
            text += pass(rest, from: index + 1)
        }
        stages = DecodingStage.stages(for: tokenizer.decoderSteps) ?? []
        return text
    }

    private mutating func pass(_ chunks: [[UInt8]], from first: Int) -> String {
        var chunks = chunks
        for index in stages.indices.dropFirst(first) {
            var passed: [[UInt8]] = []
            for chunk in chunks { passed += stages[index].push(chunk) }
            chunks = passed
        }
        return chunks.reduce(into: "") { $0 += String(decoding: $1, as: UTF8.self) }
    }
}

/// One decoder step as it works on a stream. Before tokens are fused a chunk is a token, after it any part of the text.
enum DecodingStage: Sendable {
    case each(TokenDecoder, isFirst: Bool)
    /// The step treats the last token in its own way, so one token is kept back.
    case eachButLast(TokenDecoder, held: [UInt8]?)
    /// Equal neighbours count once.
    case distinct(TokenDecoder, last: [UInt8]?)
    case spaced(isFirst: Bool)
    case fallback(run: [UInt8])
    case bytes(pending: [UInt8])
    case strip(UInt32, startLeft: Int, stop: Int, pending: [UInt8])

    /// nil when the steps cannot work on a stream.
    static func stages(for steps: [TokenDecoder]?) -> [DecodingStage]? {
        guard let steps else { return [.spaced(isFirst: true)] }
        var stages: [DecodingStage] = []
        var isFused = false
        for step in steps {
            switch step {
            case .fuse: isFused = true
            case .byteLevel where !isFused:
                stages.append(.bytes(pending: []))
                isFused = true
            case .byteFallback where !isFused: stages.append(.fallback(run: []))
            case .strip(let scalar, let start, let stop) where isFused:
                stages.append(.strip(scalar, startLeft: start, stop: stop, pending: []))
            case .ctc where !isFused: stages.append(.distinct(step, last: nil))
            case .bytePair where !isFused: stages.append(.eachButLast(step, held: nil))
            case .metaspace where !isFused, .replace where !isFused, .strip where !isFused, .wordPiece where !isFused:
                stages.append(.each(step, isFirst: true))
            default: return nil
            }
        }
        return stages
    }

    mutating func push(_ chunk: [UInt8]) -> [[UInt8]] {
        switch self {
        case .each(let step, let isFirst):
            self = .each(step, isFirst: false)
            return [step.map(chunk, isFirst: isFirst, isLast: false)]
        case .eachButLast(let step, let held):
            self = .eachButLast(step, held: chunk)
            return held.map { [step.map($0, isFirst: false, isLast: false)] } ?? []
        case .distinct(let step, let last):
            guard chunk != last else { return [] }
            self = .distinct(step, last: chunk)
            let mapped = step.map(chunk, isFirst: last == nil, isLast: false)
            return mapped.isEmpty ? [] : [mapped]
        case .spaced(let isFirst):
            self = .spaced(isFirst: false)
            return [isFirst ? chunk : [0x20] + chunk]
        case .fallback(var run):
            if let byte = TokenDecoder.fallbackByte(chunk) {
                self = .fallback(run: run + [byte])
                return []
            }
            var tokens: [[UInt8]] = []
            TokenDecoder.flush(&run, into: &tokens)
            self = .fallback(run: [])
            return tokens + [chunk]
        case .bytes(let pending):
            let all = pending + (ByteAlphabet.shared.rawBytes(ofToken: chunk[...]) ?? chunk)
            let settled = all.lengthOfSettledUTF8
            self = .bytes(pending: Array(all[settled...]))
            guard settled > 0 else { return [] }
            return [Array(String(decoding: all[..<settled], as: UTF8.self).utf8)]
        case .strip(let scalar, var startLeft, let stop, let pending):
            var text = pending + chunk
            var lower = 0
            // A pending tail is never part of the start, which is settled before anything is kept back.
            if pending.isEmpty {
                while startLeft > 0, lower < text.count {
                    let (value, next) = text.scalar(at: lower)
                    guard value == scalar else {
                        startLeft = 0
                        break
                    }
                    lower = next
                    startLeft -= 1
                }
            }
            text.removeFirst(lower)
            var upper = text.count
            var count = 0
            while count < stop, upper > 0 {
                let before = text.scalarStart(before: upper, lowest: 0)
                guard text.scalar(at: before).value == scalar else { break }
                upper = before
                count += 1
            }
            self = .strip(scalar, startLeft: startLeft, stop: stop, pending: Array(text[upper...]))
            return [Array(text[..<upper])]
        }
    }

    mutating func finish() -> [[UInt8]] {
        switch self {
        case .each, .distinct, .spaced, .strip: return []
        case .eachButLast(let step, let held): return held.map { [step.map($0, isFirst: false, isLast: true)] } ?? []
        case .fallback(var run):
            var tokens: [[UInt8]] = []
            TokenDecoder.flush(&run, into: &tokens)
            return tokens
        case .bytes(let pending):
            return pending.isEmpty ? [] : [Array(String(decoding: pending, as: UTF8.self).utf8)]
        }
    }
}
