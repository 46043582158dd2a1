import Autograd
import Models
public import Tensors

/// How far a merged model is from base and adapter side by side, measured on prompts.
public struct MergeReport: Sendable, Equatable {
    /// The largest difference of two logits at the same place.
    public let largestDifference: Float
    /// The largest logit by size, to see the difference beside.
    public let largestLogit: Float
    /// The share of places where both would write the same token.
    public let sameTokens: Double
    public let prompts: Int
    /// Places compared.
    public let tokens: Int
    /// Weights that merging changes.
    public let changedWeights: Int
    /// What the merged weights are rounded to; nil when each keeps the type of the base.
    public let elementType: ElementType?
    /// Merging is refused when the difference is larger than this.
    public let bound: Float

    public var isWithinBound: Bool { largestDifference <= bound }

    /// - Throws: `AdapterError.mergeDiffers` when the difference is above the bound.
    public func requireWithinBound() throws(AdapterError) {
        guard isWithinBound else {
            throw .mergeDiffers(
                difference: largestDifference, bound: bound,
                elementType: elementType?.rawValue ?? "the base's own types")
        }
    }

    /// What rounding to a type may cost: float32 merges differ by the order of sums alone; the two short types keep
    /// 11 and 8 bits, and logits are sums of thousands of products.
    public static func defaultBound(for type: ElementType) -> Float {
        switch type {
        case .float32: 2e-3
        case .float16: 0.1
        default: 0.75
        }
    }
}

extension MergedWeights {
    /// Computes the logits of `prompts` with the adapter attached, and with the merged weights rounded as they will be
    /// stored. Holds the merged weights in memory meanwhile.
    ///
    /// - Parameters:
    ///   - prompts: token ids, each list a text of its own; at least one token in all.
    ///   - elementType: what matrices are stored as; nil keeps the base's types.
    ///   - bound: the largest difference to accept; nil takes `MergeReport.defaultBound`.
    /// - Returns: how far the two are apart, to be held against the bound.
    /// - Throws: `ModelError` for ids that the model does not have, `AdapterError` when the adapter does not fit.
    public func report(
        prompts: [[Int32]], as elementType: ElementType?, bound: Float? = nil
    ) throws -> MergeReport {
        let texts = prompts.filter { !$0.isEmpty }
        guard !texts.isEmpty else { throw ModelError.noTokens }
        try base.check(texts.joined())
        let adapted = base.sharingWeights()
        try adapter?.attach(to: adapted)
        let merged = try decoder(as: elementType)
        var (difference, logit, same, tokens): (Float, Float, Int, Int) = (0, 0, 0, 0)
        for ids in texts {
            let (a, b) = (MergedWeights.logits(adapted, ids), MergedWeights.logits(merged, ids))
            for row in ids.indices {
                let (x, y) = (a.rows(row..<row + 1).toArray(), b.rows(row..<row + 1).toArray())
                for (p, q) in zip(x, y) {
                    // What is not finite is never within a bound.
                    difference = (p - q).isFinite ? max(difference, abs(p - q)) : .infinity
                    logit = max(logit, abs(p))
                }
                if x.firstIndex(of: x.max() ?? 0) == y.firstIndex(of: y.max() ?? 0) { same += 1 }
            }
            tokens += ids.count
        }
        let type = elementType ?? base.elementType
        return MergeReport(
            largestDifference: difference, largestLogit: logit, sameTokens: Double(same) / Double(tokens),
            prompts: texts.count, tokens: tokens, changedWeights: keys.filter(isChanged).count,
            elementType: elementType, bound: bound ?? MergeReport.defaultBound(for: type))
    }

    private static func logits(_ model: Decoder, _ ids: [Int32]) -> Tensor {
        let hidden = model(ids, layout: SequenceLayout(lengths: [ids.count]), in: .inference)
        return model.logits(hidden, in: .inference).value
    }
}
