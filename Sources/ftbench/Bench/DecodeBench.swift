import ArgumentParser
import Autograd
import Foundation
import Generation
import Models
import OrderedJSON
import Tensors
import TerminalUI

/// A prompt in one pass, then greedy tokens one by one, on random weights of a known shape.
struct DecodeBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decode", abstract: "Time the reading of a prompt and greedy decoding after it.",
        discussion: """
            Each decoded token reads every weight once, so its speed is at best that of memory: gb_per_s is the weights'
            bytes times the tokens of one sequence over the time, and bandwidth_share what that is of the speed at which
            the same threads read plain memory in the same run. With --batch several sequences share each reading.
            q8_0 and q4_0 are GGUF's blocks of 32 weights with a scale; what meets them is rounded to 8 bits.
            """)

    enum Weights: String, ExpressibleByArgument, CaseIterable {
        case fp32, bf16, q8_0, q4_0
    }

    @OptionGroup var options: CommonOptions
    @Option(help: "smollm2-135m, qwen2.5-0.5b or tiny-3m.") var shape = "smollm2-135m"
    @Option(help: "How weights are held: fp32, bf16, q8_0 or q4_0.") var dtype = Weights.fp32
    @Option(help: "Tokens of the prompt.") var prompt = 128
    @Option(help: "Tokens to decode after it.") var tokens = 128
    @Option(help: "Sequences side by side.") var batch = 1
    @Option(help: "Timed repeats.") var repeats = 5
    @Option(help: "Repeats before the clock starts.") var warmup = 1
    @Option(help: "Seed of weights and tokens.") var seed: UInt64 = 0

    func validate() throws {
        for (name, value, least) in [
            ("prompt", prompt, 1), ("tokens", tokens, 2), ("batch", batch, 1), ("repeats", repeats, 1),
            ("warmup", warmup, 0),
        ] where value < least {
            throw ValidationError("--\(name) takes a number from \(least), not \(value).")
        }
        if batch > 1024 { throw ValidationError("--batch takes a number up to 1024, not \(batch).") }
    }

    func run() throws {
        options.applyThreads()
        let shape = try BenchShape.named(shape)
        guard prompt <= shape.context, tokens <= shape.context - prompt else {
            throw Failure(
                "\(shape.name) has a context of \(shape.context) tokens; \(prompt) and \(tokens) do not fit.")
        }
        let decoder = try BenchModel.frozen(try shape.configuration(), dtype: dtype.rawValue, seed: seed)
        var generator = Generator(decoder)
        // Long products round to the type that the weights have; see `StepBench`.
        generator.precision = dtype == .bf16 ? .bfloat16 : .float32
        let stream = RandomStream(seed: seed &+ 1)
        let prompts = (0..<batch).map { row in
            (0..<prompt).map { Int32(stream.uniform(site: row, index: $0) * Double(shape.vocabulary)) }
        }
        for _ in 0..<warmup { _ = try once(generator, prompts) }
        var bandwidth = Processor.readBandwidth()
        let counters = MachineCounters()
        var runs: [Times] = []
        for number in 0..<repeats {
            runs.append(try once(generator, prompts))
            Output.progress("repeat \(number + 1) of \(repeats)")
        }
        let counted = counters.stop()
        Output.endProgress()
        // The speed of memory drifts: measured before and after, and the better of the two is what was to be had.
        bandwidth = max(bandwidth, Processor.readBandwidth())
        show(shape, runs, weights: BenchModel.bytesRead(by: decoder), bandwidth: bandwidth, counted)
    }

    private struct Times {
        var prefill, decode: Double
        var ids: [[Int32]]
    }

    private func once(_ generator: Generator, _ prompts: [[Int32]]) throws -> Times {
        // The first token comes with the prompt: as many steps as tokens are timed.
        let settings = SamplingSettings(maxTokens: tokens + 1)
        let made = try generator.generate(prompts: prompts, settings: settings, endTokens: [])
        return Times(
            prefill: made[0].promptSeconds, decode: made.map(\.seconds).max() ?? 0, ids: made.map(\.ids))
    }

    private func show(
        _ shape: BenchShape, _ runs: [Times], weights: Int, bandwidth: Double, _ counted: MachineCounters.Counted
    ) {
        let (prefills, decodes) = (runs.map(\.prefill), runs.map(\.decode))
        guard let prefill = prefills.median, let decode = decodes.median else { return }
        func milliseconds(_ seconds: Double?) -> JSONValue { .number(((seconds ?? 0) * 1e3).rounded(places: 1)) }
        let rate = Double(weights * tokens) / decode
        let object: JSONObject = [
            "engine": "ftbench", "shape": .string(shape.name), "dtype": .string(dtype.rawValue),
            "threads": .integer(Processor.threads), "prompt": .integer(prompt), "new": .integer(tokens),
            "batch": .integer(batch),
            "prefill_tokens_per_s": .number((Double(prompt * batch) / prefill).rounded(places: 1)),
            "decode_tokens_per_s": .number((Double(tokens * batch) / decode).rounded(places: 2)),
            "prefill_ms": milliseconds(prefill), "prefill_ms_min": milliseconds(prefills.min()),
            "prefill_ms_max": milliseconds(prefills.max()), "decode_ms": milliseconds(decode),
            "decode_ms_min": milliseconds(decodes.min()), "decode_ms_max": milliseconds(decodes.max()),
            "repeats": .integer(repeats), "same_tokens": .bool(runs.allSatisfy { $0.ids == runs[0].ids }),
            "weights_mb": .number((Double(weights) * 1e-6).rounded(places: 1)),
            "decode_gb_per_s": .number((rate * 1e-9).rounded(places: 1)),
            "read_gb_per_s": .number((bandwidth * 1e-9).rounded(places: 1)),
            "bandwidth_share": .number((rate / bandwidth).rounded(places: 3)),
            "peak_rss_mb": .number(MachineCounters.peakMegabytes),
            "cpu_per_wall": .number(counted.cpuPerWall.rounded(places: 2)),
            "kernel_cpu_share": .number(counted.kernelShare.rounded(places: 3)),
            "other_cpu": counted.otherCPU.map { .number($0.rounded(places: 3)) } ?? .null,
            "steal": counted.steal.map { .number($0.rounded(places: 3)) } ?? .null,
            "instruction_set": .string(Processor.instructionSet),
        ]
        if options.json {
            Output.json(.object(object))
            return
        }
        Output.line(
            "\(shape.name), \(dtype.rawValue), \(batch) sequences, \(prompt) + \(tokens) tokens, "
                + "\(Processor.threads) threads")
        for key in [
            "prefill_tokens_per_s", "decode_tokens_per_s", "decode_ms_min", "decode_ms_max", "weights_mb",
            "decode_gb_per_s", "read_gb_per_s", "bandwidth_share", "peak_rss_mb", "other_cpu",
        ] {
            Output.line("  \(key.paddedToCells(22)) \(object[key]?.serialized() ?? "")")
        }
        BenchNotes.lines(otherCPU: counted.otherCPU, steal: counted.steal).forEach(Output.line)
    }
}
