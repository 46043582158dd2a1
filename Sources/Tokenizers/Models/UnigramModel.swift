import OrderedJSON

/// A unigram language model (Kudo 2018): of all ways to cut a piece into known tokens the one with the highest sum of
/// scores, found by dynamic programming (Viterbi).
struct UnigramModel: Sendable {
    let vocabulary: TokenTable
    private let scores: [Double]
    private let unknownID: Int32?
    private let unknownScore: Double
    /// Whether sums are rounded to 32 bits, as sentencepiece has them; the tokenizers library has 64. It decides ties.
    private let isSinglePrecision: Bool
    private let fallbackIDs: [Int32]?
    /// The starts of tokens as a set of hash bits: false means that no token goes on like this.
    private let starts: [UInt64]

    /// How much worse than the worst token a character without one counts.
    private static let unknownPenalty = 10.0

    init(_ section: TokenizerSection, entries: ModelEntries) throws(TokenizerError) {
        guard entries.scores.count == entries.tokens.count, entries.ids.isEmpty else {
            throw section.place("vocab").failure("expected an array of tokens and scores, found an object")
        }
        var unknown: Int?
        if let id = section.member("unk_id") {
            unknown = Int(try id.id())
            guard let unknown, unknown < entries.tokens.count else {
                throw id.failure("the id \(id.value.int ?? 0) is beyond the \(entries.tokens.count) tokens")
            }
        }
        try self.init(
            entries: entries, unknownID: unknown, fallsBackToBytes: try section.flag("byte_fallback", default: false),
            section)
    }

    /// `entries.scores` has the score of each token; places in the list are ids.
    init(
        entries: ModelEntries, unknownID: Int?, fallsBackToBytes: Bool, isSinglePrecision: Bool = false,
        _ section: TokenizerSection
    ) throws(TokenizerError) {
        let count = entries.tokens.count
        guard count <= TokenTable.highestAllowedID else {
            throw section.place("vocab").failure("\(count) tokens are too many")
        }
        let bytes = entries.tokens.bytes
        var table = TokenTable(capacity: count)
        var slots = 1024
        while slots < bytes.count * 4, slots < 1 << 28 { slots *= 2 }
        var starts = [UInt64](repeating: 0, count: slots / 64)
        for index in 0..<count {
            let range = entries.tokens.range(index)
            // Of equal tokens the last is found by its text, as in the reference library.
            _ = table.insert(
                bytes, from: range.lowerBound, to: range.upperBound, id: Int32(truncatingIfNeeded: index),
                replaces: true)
            var state = TokenTable.hashSeed
            for place in range {
                state = TokenTable.hashStep(state, bytes[place])
                let bit = Self.bit(state, slots)
                starts[bit >> 6] |= 1 << UInt64(bit & 63)
            }
        }
        self.starts = starts
        vocabulary = table
        scores = entries.scores
        self.isSinglePrecision = isSinglePrecision
        unknownScore = (entries.scores.lazy.filter(\.isFinite).min() ?? 0) - Self.unknownPenalty
        self.unknownID = unknownID.map { Int32(truncatingIfNeeded: $0) }
        let fallback = BytePairModel.fallbackIDs(in: table)
        fallbackIDs = fallsBackToBytes ? fallback : nil
    }

    @inline(__always)
    private static func bit(_ state: UInt64, _ slots: Int) -> Int {
        Int(truncatingIfNeeded: TokenTable.hashEnd(state &* 0x9e37_79b9_7f4a_7c15)) & (slots - 1)
    }

    func encode(_ bytes: [UInt8], _ piece: Range<Int>, scratch: inout EncodingScratch, into output: inout TokenRun) {
        let isShort = piece.count <= WordCache.longestWord
        let hash = isShort ? TokenTable.hash(bytes, from: piece.lowerBound, to: piece.upperBound) : 0
        if isShort,
            scratch.cache.append(bytes, from: piece.lowerBound, to: piece.upperBound, hash: hash, to: &output)
        {
            return
        }
        let first = output.ids.count
        findPath(bytes, piece, &scratch.path)
        appendPath(bytes, piece, &scratch.path, into: &output)
        if isShort {
            scratch.cache.keep(
                bytes, from: piece.lowerBound, to: piece.upperBound, hash: hash, output: output, first: first)
        }
    }

    private func findPath(_ bytes: [UInt8], _ piece: Range<Int>, _ path: inout UnigramPath) {
        let base = piece.lowerBound
        path.reset(piece.count + 1)
        let slots = starts.count * 64
        var start = base
        while start < piece.upperBound {
            let scoreHere = path.scores[start - base]
            let single = bytes.scalar(at: start).next
            var hasSingle = false
            var state = TokenTable.hashSeed
            var end = start
            while end < piece.upperBound {
                state = TokenTable.hashStep(state, bytes[end])
                end += 1
                let bit = Self.bit(state, slots)
                guard starts[bit >> 6] >> UInt64(bit & 63) & 1 == 1 else { break }
                guard end == piece.upperBound || bytes[end] & 0xc0 != 0x80,
                    let id = vocabulary.id(of: bytes, from: start, to: end, hash: TokenTable.hashEnd(state)),
                    scores[Int(id)] > -.infinity
                else { continue }
                path.offer(sum(scores[Int(id)], scoreHere), id: id, from: start - base, to: end - base)
                if end == single { hasSingle = true }
            }
            if !hasSingle {
                path.offer(
                    sum(unknownScore, scoreHere), id: UnigramPath.unknown, from: start - base, to: single - base)
            }
            start = single
        }
    }

    @inline(__always)
    private func sum(_ score: Double, _ before: Double) -> Double {
        isSinglePrecision ? Double(Float(score) + Float(before)) : score + before
    }

    /// Walks the path back, joins runs of unknown characters, and writes the tokens in order.
    private func appendPath(
        _ bytes: [UInt8], _ piece: Range<Int>, _ path: inout UnigramPath, into output: inout TokenRun
    ) {
        path.steps.removeAll(keepingCapacity: true)
        var end = piece.count
        while end > 0 {
            path.steps.append((Int(path.starts[end]), end, path.ids[end]))
            end = Int(path.starts[end])
        }
        var index = path.steps.count - 1
        while index >= 0 {
            let step = path.steps[index]
            var end = step.end
            var id: Int32? = step.id
            if step.id == UnigramPath.unknown || step.id == unknownID {
                while index > 0, case let next = path.steps[index - 1],
                    next.id == UnigramPath.unknown || next.id == unknownID
                {
                    end = next.end
                    index -= 1
                }
                let (lower, upper) = (piece.lowerBound + step.start, piece.lowerBound + end)
                id = vocabulary.id(of: bytes, from: lower, to: upper)
                if id == nil, let fallbackIDs, bytes[lower..<upper].allSatisfy({ fallbackIDs[Int($0)] >= 0 }) {
                    for place in lower..<upper { output.append(fallbackIDs[Int(bytes[place])], width: 1) }
                    index -= 1
                    continue
                }
            }
            if let id = id ?? unknownID { output.append(id, width: end - step.start) }
            index -= 1
        }
    }
}

/// The best way to each place of a piece so far.
struct UnigramPath: Sendable {
    static let unknown: Int32 = -2

    private(set) var scores: [Double] = []
    private(set) var starts: [Int32] = []
    private(set) var ids: [Int32] = []
    var steps: [(start: Int, end: Int, id: Int32)] = []

    mutating func reset(_ count: Int) {
        scores.removeAll(keepingCapacity: true)
        starts.removeAll(keepingCapacity: true)
        ids.removeAll(keepingCapacity: true)
        scores.append(contentsOf: repeatElement(0, count: count))
        starts.append(contentsOf: repeatElement(-1, count: count))
        ids.append(contentsOf: repeatElement(-1, count: count))
    }

    @inline(__always)
    mutating func offer(_ score: Double, id: Int32, from start: Int, to end: Int) {
        guard starts[end] < 0 || score > scores[end] else { return }
        scores[end] = score
        starts[end] = Int32(truncatingIfNeeded: start)
        ids[end] = id
    }
}
