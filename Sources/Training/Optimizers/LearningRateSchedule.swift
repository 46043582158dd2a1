import Foundation

/// Learning rate as a function of the step; the same function draws the planned curve and trains.
///
/// The shapes are those of transformers' `get_{constant,linear,cosine}_schedule_with_warmup`, with two differences:
/// warm-up begins at `peak / warmup` instead of 0, because an update at rate 0 is a step thrown away; and linear and
/// cosine may end above 0.
public enum LearningRateSchedule: Sendable, Equatable {
    case constant
    /// A line from the peak down to `to` × peak.
    case linear(to: Double)
    /// Half a cosine from the peak down to `to` × peak. Loshchilov and Hutter 2016, arXiv 1608.03983.
    case cosine(to: Double)

    /// Rate of update number `step`, counted from 0, of `steps` in all; the first `warmup` rise in a line to `peak`.
    public func rate(at step: Int, of steps: Int, peak: Double, warmup: Int) -> Double {
        if step < warmup { return peak * Double(step + 1) / Double(warmup) }
        let progress = min(1, Double(step - warmup) / Double(max(1, steps - warmup)))
        switch self {
        case .constant: return peak
        case .linear(let end): return peak * (1 + (end - 1) * progress)
        case .cosine(let end): return peak * (end + (1 - end) * 0.5 * (1 + cos(.pi * progress)))
        }
    }

    /// Steps of warm-up for a share of all steps, rounded up as transformers does.
    public static func warmupSteps(ratio: Double, of steps: Int) -> Int {
        // The product of 0.03 and 100 is 3.0000000000000004 in binary; its ceiling must stay 3.
        min(steps, max(0, Int((ratio * Double(steps) - 1e-9).rounded(.up))))
    }
}
