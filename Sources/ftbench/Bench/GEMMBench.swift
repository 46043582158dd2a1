import ArgumentParser
import Foundation
import OrderedJSON
import Tensors
import TerminalUI

/// Matrix products in the shapes that training has.
struct GEMMBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gemm", abstract: "GFLOP/s of the matrix products of a training step.")

    @OptionGroup var options: CommonOptions
    @Option(help: "Model shape: smollm2-135m, qwen2.5-0.5b, tiny-3m.") var shape = "smollm2-135m"
    @Option(help: "Tokens that go through at once.") var tokens = 1024
    @Option(help: "fp32, or bf16: factors rounded to bfloat16, sums in float32.") var dtype = StepBench.Precision.fp32
    @Option(help: "How weights are held: fp32, fp16, bf16, q8_0, q4_0 or nf4. What differs is converted on the way.")
    var weights = Weights.fp32
    @Option(name: .customLong("lora-r"), help: "Rank of the LoRA factors.") var rank = 16
    @Option(help: "Seconds for each product.") var seconds = 0.3

    enum Weights: String, ExpressibleByArgument, CaseIterable {
        case fp32, fp16, bf16
        case q8 = "q8_0"
        case q4 = "q4_0"
        case nf4

        var type: ElementType {
            switch self {
            case .fp32: .float32
            case .fp16: .float16
            case .bf16: .bfloat16
            case .q8: .q8_0
            case .q4: .q4_0
            case .nf4: .nf4
            }
        }
    }

    func validate() throws {
        if tokens < 1 { throw ValidationError("--tokens takes a number from 1, not \(tokens).") }
        if !(1...4096).contains(rank) { throw ValidationError("--lora-r takes a number from 1 to 4096, not \(rank).") }
        if !(seconds > 0 && seconds <= 60) { throw ValidationError("--seconds takes a number above 0 and up to 60.") }
    }

    private struct Line {
        var name: String
        var m: Int
        var n: Int
        var k: Int
        var gflops: Double
    }

    func run() throws {
        options.applyThreads()
        let shape = try BenchShape.named(shape)
        let keyValue = shape.keyValueHeads * (shape.hidden / shape.heads)
        let products: [(name: String, input: Int, output: Int)] = [
            ("q, o projection", shape.hidden, shape.hidden), ("k, v projection", shape.hidden, keyValue),
            ("gate, up", shape.hidden, shape.feedForward), ("down", shape.feedForward, shape.hidden),
            ("LoRA factor A", shape.hidden, rank), ("LoRA factor B", rank, shape.hidden),
            ("head, one block", shape.hidden, min(shape.vocabulary, 4096)),
        ]
        if let unit = weights.type.blockFormat?.blockElements,
            let width = [shape.hidden, shape.feedForward].first(where: { $0 % unit != 0 })
        {
            throw Failure("Rows of \(width) weights, as \(shape.name) has, are no whole blocks of \(unit).")
        }
        let precision = dtype.products
        let counters = MachineCounters()
        let peak = ProcessorPeak.gflops(precision) * Double(Processor.threads)
        var lines: [Line] = []
        for product in products {
            // As in training: in BF16, what goes into a product and comes out of a base projection is held in BF16; what
            // is trained, and its gradient, in float32.
            let held: ElementType = precision == .bfloat16 && precision.isNative ? .bfloat16 : .float32
            let x = Tensor.random([tokens, product.input], seed: 1).converted(to: held)
            let y = Tensor.random([tokens, product.output], seed: 3).converted(to: held)
            let gradient = Tensor.random([product.output, product.input], seed: 2)
            let isFactor = product.name.hasPrefix("LoRA")
            let w = isFactor ? gradient : gradient.converted(to: weights.type)
            let result: ElementType = isFactor ? .float32 : held
            let forward = Tensor.uninitialized([tokens, product.output], as: result)
            let back = Tensor.uninitialized([tokens, product.input], as: result)
            for (name, m, n, k, body) in [
                (
                    "forward", tokens, product.output, product.input,
                    { forward.assign(projecting: x, timesTransposed: w, in: precision) }
                ),
                (
                    "to the input", tokens, product.input, product.output,
                    { back.assign(projecting: y, times: w, in: precision) }
                ),
                (
                    "to the weight", product.output, product.input, tokens,
                    { gradient.assign(y, transposedTimes: x, in: precision) }
                ),
            ] as [(String, Int, Int, Int, () -> Void)] {
                lines.append(
                    Line(name: "\(product.name), \(name)", m: m, n: n, k: k, gflops: measure(m, n, k, body)))
            }
        }
        let counted = counters.stop()
        let best = lines.map(\.gflops).max() ?? 0
        if options.json {
            Output.json([
                "shape": .string(shape.name), "tokens": .integer(tokens), "threads": .integer(Processor.threads),
                "blas": .string(Processor.productLibrary), "instruction_set": .string(Processor.instructionSet),
                "gflops_per_s": .number(best.rounded(places: 1)), "dtype": .string(dtype.rawValue),
                "native": .bool(precision.isNative), "weights": .string(weights.rawValue),
                "peak_gflops_per_s": .number(peak.rounded(places: 1)),
                "other_cpu": counted.otherCPU.map { .number($0.rounded(places: 3)) } ?? .null,
                "products": .array(
                    lines.map {
                        [
                            "name": .string($0.name), "m": .integer($0.m), "n": .integer($0.n), "k": .integer($0.k),
                            "gflops_per_s": .number($0.gflops.rounded(places: 1)),
                        ]
                    }),
            ])
            return
        }
        Output.line(
            "\(shape.name), \(tokens) tokens, \(dtype.rawValue), \(Processor.threads) threads, "
                + "\(Processor.instructionSet) kernels, \(Processor.productLibrary)")
        for line in lines {
            Output.line(
                "\(line.name.paddedToCells(34)) \("\(line.m)x\(line.n)x\(line.k)".paddedToCells(18)) "
                    + "\(NumberText.fixed(line.gflops, decimals: 1)) GFLOP/s")
        }
        BenchNotes.lines(otherCPU: counted.otherCPU).forEach(Output.line)
    }

    /// Best of all repetitions within the time: what disturbs only ever slows.
    private func measure(_ m: Int, _ n: Int, _ k: Int, _ body: () -> Void) -> Double {
        body()
        let start = ContinuousClock.now
        var best = Double.infinity
        repeat {
            let before = ContinuousClock.now
            body()
            best = min(best, (ContinuousClock.now - before) / .seconds(1))
        } while (ContinuousClock.now - start) / .seconds(1) < seconds
        return 2 * Double(m) * Double(n) * Double(k) / best * 1e-9
    }
}

enum BenchNotes {
    /// What makes the figures too low.
    static func lines(otherCPU: Double?, steal: Double? = nil) -> [String] {
        var lines: [String] = []
        if let pinned = Processor.pinnedProductKernels {
            lines.append(
                "note: OPENBLAS_CORETYPE=\(pinned) decides OpenBLAS's kernels, not this processor; compare without it")
        }
        let others = (otherCPU ?? 0) + (steal ?? 0)
        if others > 0.05 {
            lines.append(
                "note: \(NumberText.fixed(others, decimals: 2)) processors were busy with something else; measure again when "
                    + "the machine is quiet")
        }
        return lines
    }
}
