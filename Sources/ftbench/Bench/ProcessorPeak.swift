import Tensors

/// The most floating point operations one processor does in a second, measured now.
enum ProcessorPeak {
    /// GFLOP/s of one thread by the clock: best of several tries of a few milliseconds.
    static func gflops(_ precision: ProductPrecision) -> Double {
        let rounds = 1_000_000
        var best = 0.0
        for _ in 0..<8 {
            let before = ContinuousClock.now
            let work = Processor.multiplyInRegisters(rounds: rounds, precision: precision)
            let seconds = (ContinuousClock.now - before) / .seconds(1)
            if seconds > 0 { best = max(best, Double(work) / seconds * 1e-9) }
        }
        return best
    }
}
