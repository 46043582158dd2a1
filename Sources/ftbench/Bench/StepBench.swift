import Adapters
import ArgumentParser
import Autograd
import Datasets
import Foundation
import Models
import OrderedJSON
import Recipes
import Tensors
import TerminalUI
import Training

/// One training step on random tokens, every position a label: forward, backward, one AdamW update.
struct StepBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "step", abstract: "Time a training step on random weights of a known shape.",
        discussion: """
            With --dtype bf16 matrix products round their factors to bfloat16 and sum in float32, where the processor has
            such products; frozen weights are held in bfloat16, and so is what the forward pass keeps for the backward.
            Trained weights, the residual stream and the optimiser stay in float32.
            """)

    enum Method: String, ExpressibleByArgument, CaseIterable { case lora, full }
    enum Precision: String, ExpressibleByArgument, CaseIterable {
        case fp32, bf16

        var products: ProductPrecision { self == .bf16 ? .bfloat16 : .float32 }
    }

    @OptionGroup var options: CommonOptions
    @Option(help: "smollm2-135m, qwen2.5-0.5b or tiny-3m.") var shape = "smollm2-135m"
    @Option(help: "lora (every linear layer of the blocks) or full.") var method = Method.lora
    @Option(help: "fp32 or bf16: the precision of products, and how frozen weights are held.") var dtype = Precision
        .fp32
    @Option(help: "Tokens in a sequence.") var seq = 512
    @Option(help: "Sequences in a step.") var batch = 4
    @Option(help: "Timed steps.") var steps = 5
    @Option(help: "Steps before the clock starts.") var warmup = 2
    @Flag(help: "Compute activations again in the backward pass instead of keeping them.") var checkpointing = false
    @Option(name: .customLong("lora-r"), help: "Rank of the adapter.") var rank = 16
    @Option(name: .customLong("lora-alpha"), help: "Alpha of the adapter.") var alpha = 32
    @Option(help: "Learning rate.") var lr = 1e-4
    @Option(help: "Seed of weights and tokens.") var seed: UInt64 = 0
    @Flag(help: "Also report forward, backward and optimizer.") var phases = false

    func validate() throws {
        for (name, value, least) in [
            ("seq", seq, 2), ("batch", batch, 1), ("steps", steps, 1), ("warmup", warmup, 0), ("lora-r", rank, 1),
        ] where value < least {
            throw ValidationError("--\(name) takes a number from \(least), not \(value).")
        }
    }

    func run() throws {
        options.applyThreads()
        let shape = try BenchShape.named(shape)
        guard seq <= shape.context else {
            throw Failure("\(shape.name) has a context of \(shape.context) tokens; --seq \(seq) does not fit.")
        }
        var bench = try TimedStep(
            shape: shape, isLoRA: method == .lora, usesBFloat16: dtype == .bf16, rank: rank, alpha: alpha, seed: seed)
        let tokens = RandomStream(seed: seed &+ 1)
        let ids = (0..<batch * seq).map { Int32(tokens.uniform(site: 0, index: $0) * Double(shape.vocabulary)) }
        let rows = (0..<batch).map { row in
            TokenizedExample(ids: Array(ids[row * seq..<(row + 1) * seq]), trained: Array(repeating: true, count: seq))
        }
        let data = Batch(rows)
        var warm = 0.0
        for step in 0..<warmup {
            warm += try bench.step(data, checkpointing: checkpointing, rate: lr, number: step).total
        }
        let counters = MachineCounters()
        var times: [TimedStep.Times] = []
        for step in 0..<steps {
            times.append(try bench.step(data, checkpointing: checkpointing, rate: lr, number: warmup + step))
            Output.progress("step \(step + 1) of \(steps)")
        }
        let counted = counters.stop()
        Output.endProgress()
        show(shape, times, warm: warm, counted, bench)
    }

    private func show(
        _ shape: BenchShape, _ times: [TimedStep.Times], warm: Double, _ counted: MachineCounters.Counted,
        _ bench: TimedStep
    ) {
        let totals = times.map(\.total)
        guard let median = totals.median, let least = totals.min(), let most = totals.max() else { return }
        let work = shape.stepWork(
            isLoRA: method == .lora, batch: batch, sequence: seq, rank: rank, checkpointing: checkpointing)
        let cpu = times.map(\.cpuPerWall)
        let peak = ProcessorPeak.gflops(dtype.products) * Double(Processor.threads)
        var object: JSONObject = [
            "engine": "ftbench", "shape": .string(shape.name), "method": .string(method.rawValue),
            "dtype": .string(dtype.rawValue),
            "arithmetic": dtype == .bf16 && ProductPrecision.bfloat16.isNative ? "bf16 products" : "fp32",
            "adapter_dtype": method == .lora && dtype == .bf16 ? "fp32" : .null, "seq": .integer(seq),
            "batch": .integer(batch),
            "checkpointing": .bool(checkpointing), "compile": false, "malloc": "default", "attn": "fused causal",
            "lora_r": method == .lora ? .integer(rank) : .null, "threads": .integer(Processor.threads),
            "tokens_per_s": .number((Double(batch * seq) / median).rounded(places: 1)),
            "step_ms": .number((median * 1e3).rounded(places: 1)),
            "step_ms_min": .number((least * 1e3).rounded(places: 1)),
            "step_ms_max": .number((most * 1e3).rounded(places: 1)), "steps": .integer(steps),
            "warmup_s": .number(warm.rounded(places: 1)),
            "gflops_per_s": .number((work / median * 1e-9).rounded(places: 1)),
            "peak_gflops_per_s": .number(peak.rounded(places: 1)),
            "share_of_peak": .number((peak > 0 ? work / median * 1e-9 / peak : 0).rounded(places: 3)),
            "gflop_per_step": .number((work * 1e-9).rounded(places: 1)),
            "peak_rss_mb": .number(MachineCounters.peakMegabytes), "memory_mb": .object(bench.memory.asJSON),
            "forecast_mb": .object(bench.forecast(batch, of: seq, checkpointing: checkpointing).asJSON),
            "cpu_per_wall": .number((cpu.median ?? 0).rounded(places: 2)),
            "cpu_per_wall_min": .number((cpu.min() ?? 0).rounded(places: 2)),
            "kernel_cpu_share": .number(counted.kernelShare.rounded(places: 3)),
            "page_faults_per_step": .integer(counted.pageFaults / max(1, steps)),
            "other_cpu": counted.otherCPU.map { .number($0.rounded(places: 3)) } ?? .null,
            "steal": counted.steal.map { .number($0.rounded(places: 3)) } ?? .null,
            "trainable_params": .integer(bench.trainableParameters),
            "loss_first": .finite((times.first?.loss ?? .nan).rounded(places: 5)),
            "loss_last": .finite((times.last?.loss ?? .nan).rounded(places: 5)),
            "instruction_set": .string(Processor.instructionSet), "blas": .string(Processor.productLibrary),
        ]
        if phases {
            object["forward_ms"] = .number(((times.map(\.forward).median ?? 0) * 1e3).rounded(places: 1))
            object["backward_ms"] = .number(((times.map(\.backward).median ?? 0) * 1e3).rounded(places: 1))
            object["optimizer_ms"] = .number(((times.map(\.optimizer).median ?? 0) * 1e3).rounded(places: 1))
        }
        if options.json {
            Output.json(.object(object))
            return
        }
        Output.line(
            "\(shape.name), \(method.rawValue), \(batch) sequences of \(seq) tokens, \(Processor.threads) threads")
        if dtype == .bf16 {
            Output.line(
                ProductPrecision.bfloat16.isNative
                    ? "products and kept activations in bfloat16, sums, trained weights and optimiser in float32"
                    : "this processor has no bfloat16 products: computed in float32")
        }
        for key in [
            "tokens_per_s", "step_ms", "step_ms_min", "step_ms_max", "gflops_per_s", "share_of_peak", "peak_rss_mb",
            "cpu_per_wall",
            "other_cpu", "loss_first", "loss_last",
        ] {
            Output.line("  \(key.paddedToCells(16)) \(object[key]?.serialized() ?? "")")
        }
        if phases {
            for key in ["forward_ms", "backward_ms", "optimizer_ms"] {
                Output.line("  \(key.paddedToCells(16)) \(object[key]?.serialized() ?? "")")
            }
        }
        BenchNotes.lines(otherCPU: counted.otherCPU, steal: counted.steal).forEach(Output.line)
    }
}

/// A model with random weights and what trains it: the same ops, loss and optimiser as a run.
struct TimedStep {
    struct Times {
        var forward: Double
        var backward: Double
        var optimizer: Double
        var cpuPerWall: Double
        var loss: Double
        var total: Double { forward + backward + optimizer }
    }

    private let decoder: Decoder
    private let adapter: LoRAAdapter?
    private let parameters: [TrainedParameter]
    private var optimizer: AdamW
    private let seed: UInt64
    private let precision: ProductPrecision
    let memory: StepMemory
    private let rank: Int

    init(shape: BenchShape, isLoRA: Bool, usesBFloat16: Bool, rank: Int, alpha: Int, seed: UInt64) throws {
        let residentBefore = MemoryUse.residentBytes
        self.seed = seed
        self.rank = rank
        precision = usesBFloat16 ? .bfloat16 : .float32
        let configuration = try shape.configuration()
        if isLoRA {
            decoder = try BenchModel.frozen(configuration, dtype: usesBFloat16 ? "bf16" : "fp32", seed: seed)
            let settings = LoRASettings(
                rank: rank, alpha: Double(alpha), dropout: 0, targets: .allLinear, isRankStabilized: false)
            let adapter = try LoRAAdapter(settings, for: decoder, seed: seed)
            try adapter.attach(to: decoder)
            self.adapter = adapter
            parameters = adapter.parameters.map { TrainedParameter(key: $0.key, variable: $0.variable) }
        } else {
            decoder = Decoder.random(configuration, seed: seed)
            adapter = nil
            parameters = decoder.parameters.map { TrainedParameter(key: $0.key, variable: $0.variable) }
        }
        optimizer = AdamW(AdamW.Settings())
        optimizer.makeMoments(for: parameters)
        memory = StepMemory(decoder, training: parameters, residentBefore: residentBefore)
    }

    var trainableParameters: Int { parameters.reduce(0) { $0 + $1.variable.value.count } }

    /// What a plan of the same step would say.
    func forecast(_ sequences: Int, of length: Int, checkpointing: Bool) -> MemoryForecast {
        var recipe = Recipe(model: "", data: Recipe.DataSection(train: ""))
        recipe.method = adapter == nil ? .full : .lora
        recipe.lora.r = rank
        recipe.lora.dropout = 0
        recipe.precision = precision == .bfloat16 ? .bf16 : .fp32
        recipe.gradientCheckpointing = checkpointing ? .block : .none
        recipe.batch.gradientAccumulationSteps = 1
        return MemoryForecast(
            decoder.configuration, recipe: recipe, weightBytes: decoder.weightBytes, tokens: sequences * length,
            // Nothing follows the last of a sequence.
            trained: sequences * (length - 1))
    }

    mutating func step(_ batch: Batch, checkpointing: Bool, rate: Double, number: Int) throws -> Times {
        let cpu = MachineCounters.processorSeconds
        let start = ContinuousClock.now
        let tape = Tape()
        memory.begin(optimizerBytes: optimizer.stateBytes)
        tape.onStep = { [memory] in memory.look() }
        let pass = Pass(
            tape: tape, stream: RandomStream(seed: seed, step: UInt64(number)), isTraining: true,
            precision: precision)
        guard let part = SupervisedLoss.of(batch, decoder, checkpointing: checkpointing, in: pass) else {
            throw Failure("The batch trains no token.")
        }
        let loss = Double(part.sum.value.item) / Double(part.tokens)
        memory.lookAfterForward()
        let afterForward = ContinuousClock.now
        tape.backward(from: part.sum)
        let afterBackward = ContinuousClock.now
        optimizer.update(parameters, step: number + 1, learningRate: rate, gradientScale: 1 / Double(part.tokens))
        memory.end()
        for parameter in parameters { parameter.variable.gradient = nil }
        let end = ContinuousClock.now
        return Times(
            forward: (afterForward - start) / .seconds(1), backward: (afterBackward - afterForward) / .seconds(1),
            optimizer: (end - afterBackward) / .seconds(1),
            cpuPerWall: (MachineCounters.processorSeconds - cpu) / max(1e-9, (end - start) / .seconds(1)), loss: loss)
    }
}
