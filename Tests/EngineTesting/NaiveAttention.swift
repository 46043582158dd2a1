#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Attention as its definition reads, in double precision: the reference for the blocked kernels.
/// q (T, H·D), k and v (T, K·D) of one sequence.
public func naiveAttention(
    q: [Float], k: [Float], v: [Float], rows: Int, heads: Int, keyValueHeads: Int, headWidth: Int, scale: Float,
    window: Int? = nil, softCap: Double? = nil
) -> [Float] {
    var out = [Float](repeating: 0, count: rows * heads * headWidth)
    for row in 0..<rows {
        for head in 0..<heads {
            let shared = head / (heads / keyValueHeads)
            let first = max(0, row - (window ?? row + 1) + 1)
            let scores = (first...row).map { key -> Double in
                let score =
                    (0..<headWidth).reduce(0.0) { sum, d in
                        sum + Double(q[(row * heads + head) * headWidth + d])
                            * Double(k[(key * keyValueHeads + shared) * headWidth + d])
                    } * Double(scale)
                return softCap.map { $0 * tanh(score / $0) } ?? score
            }
            let most = scores.max() ?? 0
            let weights = scores.map { exp($0 - most) }
            let total = weights.reduce(0, +)
            for d in 0..<headWidth {
                var sum = 0.0
                for (i, weight) in weights.enumerated() {
                    sum += weight * Double(v[((first + i) * keyValueHeads + shared) * headWidth + d])
                }
                out[(row * heads + head) * headWidth + d] = Float(sum / total)
            }
        }
    }
    return out
}
