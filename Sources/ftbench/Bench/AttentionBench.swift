import ArgumentParser
import Foundation
import OrderedJSON
import Tensors
import TerminalUI

/// Attention forward and backward, beside the peak of the processor.
struct AttentionBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attention", abstract: "GFLOP/s of attention, forward and backward, and their share of the peak.",
        discussion: """
            Work is counted over the keys that a query sees alone: 4 operations for each of them and each column of a
            head going forward, 10 going back. The peak is that of multiply-adds in registers, measured in the same run.
            """)

    @OptionGroup var options: CommonOptions
    @Option(help: "Model shape: smollm2-135m, qwen2.5-0.5b, tiny-3m.") var shape = "smollm2-135m"
    @Option(help: "fp32, or bf16: factors rounded to bfloat16, sums in float32.") var dtype = StepBench.Precision.fp32
    @Option(help: "Tokens of a sequence; several lengths with commas between.") var seq = "512,4096"
    @Option(help: "Tokens at once: as many sequences as fit, at least one.") var tokens = 2048
    @Option(help: "Keys that a query sees (default: all before it).") var window: Int?
    @Option(help: "Seconds for each figure.") var seconds = 0.5

    private var lengths: [Int?] { seq.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) } }

    func validate() throws {
        guard lengths.allSatisfy({ $0.map { (1...1_000_000).contains($0) } ?? false }) else {
            throw ValidationError("--seq takes numbers from 1 to 1000000 with commas between, not '\(seq)'.")
        }
        if !(1...1_000_000).contains(tokens) {
            throw ValidationError("--tokens takes a number from 1 to 1000000, not \(tokens).")
        }
        if let window, window < 1 { throw ValidationError("--window takes a number from 1, not \(window).") }
        if !(seconds > 0 && seconds <= 60) { throw ValidationError("--seconds takes a number above 0 and up to 60.") }
    }

    private struct Line {
        var name: String
        var length: Int
        var sequences: Int
        /// By the clock, all threads together.
        var gflops: Double
    }

    func run() throws {
        options.applyThreads()
        let shape = try BenchShape.named(shape)
        let precision = dtype.products
        let counters = MachineCounters()
        let peak = ProcessorPeak.gflops(precision)
        let lines = lengths.compactMap { $0 }.flatMap { measure(shape, length: $0, precision: precision) }
        let counted = counters.stop()
        if options.json {
            Output.json([
                "shape": .string(shape.name), "dtype": .string(dtype.rawValue), "native": .bool(precision.isNative),
                "threads": .integer(Processor.threads), "instruction_set": .string(Processor.instructionSet),
                "window": window.map { .integer($0) } ?? .null,
                "peak_gflops_per_processor": .number(peak.rounded(places: 1)),
                "other_cpu": counted.otherCPU.map { .number($0.rounded(places: 3)) } ?? .null,
                "attention": .array(
                    lines.map {
                        [
                            "name": .string($0.name), "sequences": .integer($0.sequences),
                            "tokens": .integer($0.length),
                            "gflops_per_s": .number($0.gflops.rounded(places: 1)),
                            "share_of_peak": .number(share($0, of: peak).rounded(places: 3)),
                        ]
                    }),
            ])
            return
        }
        Output.line(
            "\(shape.name), \(dtype.rawValue), \(Processor.threads) threads, \(Processor.instructionSet) kernels; peak of "
                + "one processor \(NumberText.fixed(peak, decimals: 1)) GFLOP/s")
        for line in lines {
            Output.line(
                "\("\(line.sequences) x \(line.length), \(line.name)".paddedToCells(24)) "
                    + "\(NumberText.fixed(line.gflops, decimals: 1)) GFLOP/s, "
                    + "\(NumberText.fixed(100 * share(line, of: peak), decimals: 0)) % of the peak of all threads")
        }
        BenchNotes.lines(otherCPU: counted.otherCPU).forEach(Output.line)
    }

    /// Of what all threads could do, each at the peak that one alone reached.
    private func share(_ line: Line, of peak: Double) -> Double {
        peak > 0 ? line.gflops / (peak * Double(Processor.threads)) : 0
    }

    private func measure(_ shape: BenchShape, length: Int, precision: ProductPrecision) -> [Line] {
        let width = shape.hidden / shape.heads
        let sequences = max(1, tokens / length)
        let attention = AttentionShape(
            heads: shape.heads, keyValueHeads: shape.keyValueHeads, headWidth: width,
            scale: 1 / Float(width).squareRoot(), window: window)
        let rows = sequences * length
        let q = Tensor.random([rows, shape.heads * width], seed: 1)
        let k = Tensor.random([rows, shape.keyValueHeads * width], seed: 2)
        let v = Tensor.random([rows, shape.keyValueHeads * width], seed: 3)
        let dout = Tensor.random([rows, shape.heads * width], seed: 4)
        let segments = (0..<sequences).map { $0 * length..<($0 + 1) * length }
        let seen = min(window ?? length, length)
        // The first rows see fewer keys than the window holds.
        let pairs = Double(seen) * Double(length) - Double(seen) * Double(seen - 1) / 2
        let work = Double(sequences * shape.heads * width) * pairs
        let (out, logSumExp) = Kernels.attention(
            q: q, k: k, v: v, segments: segments, shape: attention, precision: precision)
        func line(_ name: String, _ operations: Double, _ body: () -> Void) -> Line {
            Line(name: name, length: length, sequences: sequences, gflops: operations * work / best(body) * 1e-9)
        }
        return [
            line("forward", 4) {
                _ = Kernels.attention(q: q, k: k, v: v, segments: segments, shape: attention, precision: precision)
            },
            line("backward", 10) {
                _ = Kernels.attentionBackward(
                    dout: dout, q: q, k: k, v: v, out: out, logSumExp: logSumExp, segments: segments,
                    shape: attention, precision: precision)
            },
        ]
    }

    /// Least seconds of all repetitions within the time: what disturbs only ever slows.
    private func best(_ body: () -> Void) -> Double {
        body()
        let start = ContinuousClock.now
        var best = Double.infinity
        repeat {
            let before = ContinuousClock.now
            body()
            best = min(best, (ContinuousClock.now - before) / .seconds(1))
        } while (ContinuousClock.now - start) / .seconds(1) < seconds
        return best
    }
}
