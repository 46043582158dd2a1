import Tensors

/// The most floating point operations one processor does in a second, measured now.
enum ProcessorPeak {
    /// GFLOP/s of processor time: best of several tries of a few milliseconds, after a warm-up.
    static func gflops(_ precision: ProductPrecision) -> Double {
        let rounds = 1_000_000
        var best = 0.0
        for _ in 0..<8 {
            let before = MachineCounters.processorSeconds
            let work = Processor.multiplyInRegisters(rounds: rounds, precision: precision)
            let seconds = MachineCounters.processorSeconds - before
            if seconds > 0 { best = max(best, Double(work) / seconds * 1e-9) }
        }
        return best
    }
}
