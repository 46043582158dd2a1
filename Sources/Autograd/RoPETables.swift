import Tensors

/// Cosines and sines of the rotary embedding, (positions, half of the rotated width), made as far as they are asked.
/// Su et al. 2021, arXiv 2104.09864.
///
/// Dynamic NTK and LongRoPE turn at a speed that depends on how long the sequence is; their tables are chosen for each
/// call of `rope`, by the length it is given. Nothing but a cache is kept between calls: a call's result depends on its
/// arguments alone.
public final class RoPETables {
    private struct Table {
        let frequencies: Frequencies
        let positions: Range<Int>
        let cosines, sines: Tensor
    }

    private let frequencies: (_ sequenceLength: Int) -> Frequencies
    let dependsOnLength: Bool
    private var tables: [Table] = []

    /// Frequencies that depend on the length of the sequence, as `rope` is told it. Every length must give as many.
    public init(frequencies: @escaping (_ sequenceLength: Int) -> (inverse: [Float], attentionFactor: Float)) {
        self.frequencies = frequencies
        dependsOnLength = true
    }

    /// One angle per position for each pair. `attentionFactor` multiplies cosines and sines (YaRN's temperature).
    public init(inverseFrequencies: [Float], attentionFactor: Float = 1) {
        frequencies = { _ in (inverseFrequencies, attentionFactor) }
        dependsOnLength = false
    }

    /// The frequencies for sequences of this length.
    public func frequencies(sequenceLength: Int) -> Frequencies { frequencies(sequenceLength) }

    /// Tables that hold `positions`, and the row of each position in them.
    func tables(
        for positions: [Int32], sequenceLength: Int?
    ) -> (cosines: Tensor, sines: Tensor, rows: [Int32]) {
        let first = Int(positions.min() ?? 0)
        let last = Int(positions.max() ?? 0)
        precondition(first >= 0, "a position of \(first)")
        let table = table(for: frequencies(sequenceLength ?? last + 1), first..<last + 1)
        let start = Int32(table.positions.lowerBound)
        return (table.cosines, table.sines, start == 0 ? positions : positions.map { $0 - start })
    }

    private func table(for wanted: Frequencies, _ positions: Range<Int>) -> Table {
        var range = positions
        if let index = tables.firstIndex(where: { $0.frequencies == wanted }) {
            let known = tables.remove(at: index)
            if known.positions.lowerBound <= range.lowerBound, range.upperBound <= known.positions.upperBound {
                tables.append(known)
                return known
            }
            range = whole(upTo: max(range.upperBound, known.positions.upperBound))
        } else if !dependsOnLength {
            range = whole(upTo: range.upperBound)
        }
        // A sequence that grows token by token may have new frequencies at every one: then only the rows of that token
        // are made, and only the newest tables kept.
        let (cosines, sines) = Kernels.ropeTables(
            inverseFrequencies: wanted.inverse, factor: wanted.attentionFactor, positions: range)
        let table = Table(frequencies: wanted, positions: range, cosines: cosines, sines: sines)
        if tables.count >= 4 { tables.removeFirst() }
        tables.append(table)
        return table
    }

    /// From 0 to a power of two, so that a table grows seldom.
    private func whole(upTo count: Int) -> Range<Int> {
        var size = 64
        while size < count { size *= 2 }
        return 0..<size
    }
}

extension RoPETables {
    /// No scaling.
    public convenience init(rotatedWidth: Int, theta: Double) {
        self.init(
            inverseFrequencies: RoPETables.standardFrequencies(rotatedWidth: rotatedWidth, theta: theta))
    }

    public static func linear(rotatedWidth: Int, theta: Double, factor: Double) -> RoPETables {
        RoPETables(
            inverseFrequencies: linearFrequencies(rotatedWidth: rotatedWidth, theta: theta, factor: factor))
    }

    public static func dynamicNTK(
        rotatedWidth: Int, theta: Double, factor: Double, contextLength: Int
    ) -> RoPETables {
        RoPETables { length in
            let inverse = dynamicNTKFrequencies(
                rotatedWidth: rotatedWidth, theta: theta, factor: factor, contextLength: contextLength,
                sequenceLength: length)
            return (inverse, 1)
        }
    }

    public static func llama3(
        rotatedWidth: Int, theta: Double, factor: Double, lowFrequencyFactor: Double, highFrequencyFactor: Double,
        originalContextLength: Int
    ) -> RoPETables {
        RoPETables(
            inverseFrequencies: llama3Frequencies(
                rotatedWidth: rotatedWidth, theta: theta, factor: factor, lowFrequencyFactor: lowFrequencyFactor,
                highFrequencyFactor: highFrequencyFactor, originalContextLength: originalContextLength))
    }

    public static func yarn(rotatedWidth: Int, theta: Double, _ settings: YaRN) -> RoPETables {
        let (inverse, factor) = yarnFrequencies(rotatedWidth: rotatedWidth, theta: theta, settings)
        return RoPETables(inverseFrequencies: inverse, attentionFactor: factor)
    }

    public static func longRoPE(rotatedWidth: Int, theta: Double, _ settings: LongRoPE) -> RoPETables {
        RoPETables { length in
            longRoPEFrequencies(rotatedWidth: rotatedWidth, theta: theta, settings, sequenceLength: length)
        }
    }
}
