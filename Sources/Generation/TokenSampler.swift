import Autograd
import Tensors

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Chooses a token from logits. Temperature first, then top-k, then top-p (Holtzman et al. 2019, arXiv 1904.09751),
/// in the order transformers applies them.
struct TokenSampler {
    let settings: SamplingSettings

    /// A token from each row of logits (N, V); `indices` say which draw it is in its sequence.
    func tokens(from logits: Tensor, indices: [Int]) -> [Int32] {
        guard settings.temperature > 0 else { return Kernels.largestColumns(of: logits) }
        return indices.enumerated().map { row, index in token(from: logits.rows(row..<row + 1).toArray(), index: index)
        }
    }

    /// `index` is which draw this is, so that a replay is exact.
    func token(from logits: [Float], index: Int) -> Int32 {
        guard settings.temperature > 0 else { return TokenSampler.likeliest(logits) }
        let top = Double(logits[Int(TokenSampler.likeliest(logits))])
        func weight(_ id: Int) -> Double { exp((Double(logits[id]) - top) / settings.temperature) }
        var order = Array(logits.indices)
        if settings.topK > 0, settings.topK < order.count { order = TokenSampler.best(settings.topK, of: logits) }
        var weights = order.map(weight)
        if settings.topP < 1 {
            let total = weights.reduce(0, +)
            // All tokens below this together weigh less than what top-p leaves out, so none of them can be kept;
            // few remain to be sorted.
            let floor = (1 - max(0, settings.topP)) * total / Double(weights.count)
            let nucleus = zip(order, weights).filter { $0.1 >= floor }
                .sorted { $0.1 != $1.1 ? $0.1 > $1.1 : $0.0 < $1.0 }
            var reached = 0.0
            var kept = 0
            while kept < nucleus.count, kept == 0 || reached < settings.topP * total {
                reached += nucleus[kept].1
                kept += 1
            }
            order = nucleus[..<kept].map(\.0)
            weights = nucleus[..<kept].map(\.1)
        }
        let draw = RandomStream(seed: settings.seed).uniform(site: 0, index: index) * weights.reduce(0, +)
        var reached = 0.0
        for (place, weight) in weights.enumerated() {
            reached += weight
            if draw < reached { return Int32(order[place]) }
        }
        return Int32(order.last ?? 0)
    }

    /// The `count` likeliest ids, best first; of equal ones the lower id, so that the choice is the same everywhere.
    static func best(_ count: Int, of logits: [Float]) -> [Int] {
        func precedes(_ a: Int, _ b: Int) -> Bool { logits[a] != logits[b] ? logits[a] > logits[b] : a < b }
        guard count <= 512 else { return Array(logits.indices.sorted(by: precedes).prefix(count)) }
        var best: [Int] = []
        for id in logits.indices {
            if best.count == count, let last = best.last, !precedes(id, last) { continue }
            let place = best.firstIndex { precedes(id, $0) } ?? best.count
            best.insert(id, at: place)
            if best.count > count { best.removeLast() }
        }
        return best
    }

    /// The lowest id among the likeliest.
    static func likeliest(_ logits: [Float]) -> Int32 {
        var best = 0
        for id in logits.indices where logits[id] > logits[best] { best = id }
        return Int32(best)
    }
}
