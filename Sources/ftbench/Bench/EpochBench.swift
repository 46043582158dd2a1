import ArgumentParser
import Datasets
import Foundation
import Models
import OrderedJSON
import Recipes
import Runs
import Tensors
import TerminalUI
import Tokenizers
import Training

/// One pass over real rows, as a run makes it: tokenised, masked, packed and trained by the same code.
struct EpochBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "epoch", abstract: "Time an epoch of instruction data, the loss on answers only.",
        discussion: """
            Rows are alpaca fields, written in the Stanford template, or messages; the end token follows every answer.
            epoch_s is the time of all steps, batches made included; reading and tokenising are tokenize_s. real_tokens
            are those of the rows, padded_tokens all positions computed, trained_tokens those that the head is computed
            for. A warm-up step without an update comes before the clock.
            """)

    enum Packing: String, ExpressibleByArgument, CaseIterable { case on, off }

    @OptionGroup var options: CommonOptions
    @Option(help: "A JSONL file of alpaca fields or messages.") var data: String
    @Option(help: "The first so many rows; 0: all.") var rows = 0
    @Option(help: "A tokenizer file or folder, or a model of the workspace; the model's own when left out.")
    var tokenizer: String?
    @Option(help: "Train this model folder, not random weights of --shape.") var model: String?
    @Option(help: "smollm2-135m, qwen2.5-0.5b or tiny-3m.") var shape = "smollm2-135m"
    @Option(help: "lora (every linear layer of the blocks) or full.") var method = StepBench.Method.lora
    @Option(help: "fp32 or bf16: the precision of products, and how frozen weights are held.")
    var dtype = StepBench.Precision.fp32
    @Option(help: "Rows of a step; packed: sequences of --seq tokens.") var batch = 4
    @Option(help: "Longest row in tokens; packed: the length of a sequence.") var seq = 512
    @Option(help: "on: rows laid into sequences by best fit; off: --batch rows a step.") var packing = Packing.on
    @Flag(help: "Compute activations again in the backward pass instead of keeping them.") var checkpointing = false
    @Option(help: "End the epoch after so many steps; 0: at its end.") var stepsLimit = 0
    @Option(help: "Steps without an update before the clock starts.") var warmup = 1
    @Option(name: .customLong("lora-r"), help: "Rank of the adapter.") var rank = 16
    @Option(name: .customLong("lora-alpha"), help: "Alpha of the adapter.") var alpha = 32
    @Option(help: "Learning rate.") var lr = 1e-4
    @Option(help: "Seed of weights and of the order of rows.") var seed: UInt64 = 0

    func validate() throws {
        for (name, value, least) in [
            ("rows", rows, 0), ("batch", batch, 1), ("seq", seq, 2), ("steps-limit", stepsLimit, 0),
            ("warmup", warmup, 0), ("lora-r", rank, 1),
        ] where value < least {
            throw ValidationError("--\(name) takes a number from \(least), not \(value).")
        }
        if tokenizer == nil, model == nil {
            throw ValidationError("Give the tokenizer of the rows with --tokenizer, or a model folder with --model.")
        }
    }

    func run() throws {
        options.applyThreads()
        let begin = ContinuousClock.now
        let folder = NSTemporaryDirectory() + "ftbench-epoch-\(getpid())"
        defer { try? FileManager.default.removeItem(atPath: folder) }

        let loaded = ContinuousClock.now
        let text = try modelText()
        let loading = seconds(since: loaded)
        let started = ContinuousClock.now
        let examples = try InstructionRows.read(data, limit: rows)
        let prepared = try PreparedRun(recipe: recipe(), text: text, data: DataSource(name: data, train: examples))
        let tokenizing = seconds(since: started)

        let decoder = try makeDecoder()
        // Another run on the same weights, at rate 0: it changes nothing and leaves memory and caches as they will be.
        let warmed = ContinuousClock.now
        if warmup > 0 {
            let warm = try TrainingRun(prepared, decoder: decoder.sharingWeights(), folder: folder + "/warm")
            _ = warm.setPeakLearningRate(0)
            for _ in 0..<min(warmup, warm.totalSteps) { _ = try warm.step() }
        }
        let warming = seconds(since: warmed)

        let run = try TrainingRun(prepared, decoder: decoder, folder: folder + "/run")
        let steps = stepsLimit > 0 ? min(stepsLimit, run.totalSteps) : run.totalSteps
        var points: [MetricPoint] = []
        var times: [Double] = []
        let counters = MachineCounters()
        let epoch = ContinuousClock.now
        for number in 1...max(steps, 1) {
            let before = ContinuousClock.now
            points.append(try run.step())
            times.append(seconds(since: before))
            Output.progress("step \(number) of \(steps)")
        }
        let wall = seconds(since: epoch)
        let counted = counters.stop()
        Output.endProgress()
        show(
            Figures(
                prepared: prepared, configuration: decoder.configuration, points: points, times: times, wall: wall,
                tokenizing: tokenizing, loading: loading, warming: warming, whole: seconds(since: begin),
                vocabulary: text.tokenizer.vocabularySize, counted: counted))
    }

    // MARK: The run

    private func recipe() -> Recipe {
        var recipe = Recipe(model: model.map(CommonOptions.absolute) ?? shape, data: .init(train: data))
        recipe.data.validation = .share(0)
        recipe.data.tooLong = .truncate
        recipe.method = method == .lora ? .lora : .full
        recipe.lora.r = rank
        recipe.lora.alpha = Double(alpha)
        recipe.lora.dropout = 0
        recipe.optimizer.learningRate = lr
        recipe.schedule.name = .constant
        recipe.schedule.warmupRatio = 0
        recipe.batch.microBatchSize = batch
        recipe.batch.gradientAccumulationSteps = 1
        recipe.batch.sequenceLength = seq
        recipe.batch.packing = packing == .on
        recipe.precision = dtype == .bf16 ? .bf16 : .fp32
        recipe.gradientCheckpointing = checkpointing ? .block : .none
        recipe.epochs = 1
        recipe.seed = seed
        return recipe
    }

    private func modelText() throws -> ModelText {
        let name = try NamedThings.forText(options).modelPath(tokenizer ?? model ?? "")
        return try InstructionRows.text(try Tokenizer.load(path: name), named: name)
    }

    private func makeDecoder() throws -> Decoder {
        if let model { return try Decoder.load(folder: CommonOptions.absolute(model), trainable: method == .full) }
        let configuration = try BenchShape.named(shape).configuration()
        guard method == .lora else { return Decoder.random(configuration, seed: seed) }
        return try BenchModel.frozen(configuration, dtype: dtype.rawValue, seed: seed)
    }

    private func seconds(since start: ContinuousClock.Instant) -> Double { (ContinuousClock.now - start) / .seconds(1) }

    // MARK: What was measured

    struct Figures {
        var prepared: PreparedRun
        var configuration: ModelConfiguration
        var points: [MetricPoint]
        var times: [Double]
        var wall, tokenizing, loading, warming, whole: Double
        var vocabulary: Int
        var counted: MachineCounters.Counted

        /// Positions that went through the blocks, and those that went through the head.
        var positions: Int { points.last?.tokens ?? 0 }
        var trained: Int { points.last?.trainedTokens ?? 0 }
        /// Tokens of the rows that the steps held: each row stands in an epoch once.
        var rows: [TokenizedExample] {
            let order = prepared.plan.order(epoch: 0)
            let steps = points.indices.flatMap { prepared.plan.microBatches(step: $0, of: order) }
            return steps.joined().joined().map { prepared.train[$0] }
        }
        /// Mean loss over the trained tokens, each step's by its own.
        var meanLoss: Double {
            var before = 0
            let sum = points.reduce(0.0) { sum, point in
                defer { before = point.trainedTokens }
                return sum + point.loss * Double(point.trainedTokens - before)
            }
            return sum / Double(max(trained, 1))
        }
    }

    private func show(_ figures: Figures) {
        let rows = figures.rows
        let real = rows.reduce(0) { $0 + $1.count }
        // Row by row: attention costs by the length of each.
        let recipe = figures.prepared.recipe
        let work = rows.map {
            WorkCount.operations(
                figures.configuration, recipe: recipe, tokens: $0.count, trained: $0.trainedCount, length: $0.count)
        }.reduce(0, +)
        let peak = ProcessorPeak.gflops(dtype.products) * Double(Processor.threads)
        func rate(_ count: Int) -> JSONValue { .number((Double(count) / figures.wall).rounded(places: 1)) }
        let counted = figures.counted
        let object: JSONObject = [
            "engine": "ftbench", "task": "sft", "shape": .string(model == nil ? shape : "folder"),
            "method": .string(method.rawValue), "dtype": .string(dtype.rawValue),
            "adapter_dtype": method == .lora && dtype == .bf16 ? "fp32" : .null,
            "mode": packing == .on ? "packed" : "flat", "attention": "split", "logits": "trained", "compile": false,
            "malloc": "default", "batch": .integer(batch), "max_len": .integer(seq),
            "checkpointing": .bool(checkpointing), "lora_r": method == .lora ? .integer(rank) : .null,
            "threads": .integer(Processor.threads), "rows": .integer(rows.count),
            "rows_dropped": .integer(figures.prepared.dropped.count), "rows_cut": .integer(figures.prepared.cutRows),
            "steps": .integer(figures.points.count), "epoch_s": .number(figures.wall.rounded(places: 2)),
            "rows_per_s": .number((Double(rows.count) / figures.wall).rounded(places: 3)),
            "real_tokens": .integer(real), "trained_tokens": .integer(figures.trained),
            "padded_tokens": .integer(figures.positions), "tokens_per_s": rate(real), "real_tokens_per_s": rate(real),
            "trained_tokens_per_s": rate(figures.trained), "positions_per_s": rate(figures.positions),
            "gflops_per_s": .number((work / figures.wall * 1e-9).rounded(places: 1)),
            "peak_gflops_per_s": .number(peak.rounded(places: 1)),
            "share_of_peak": .number((peak > 0 ? work / figures.wall * 1e-9 / peak : 0).rounded(places: 3)),
            "step_s_min": .number((figures.times.min() ?? 0).rounded(places: 3)),
            "step_s_max": .number((figures.times.max() ?? 0).rounded(places: 3)),
            "warmup_s": .number(figures.warming.rounded(places: 2)),
            "tokenize_s": .number(figures.tokenizing.rounded(places: 3)),
            "tokenizer_load_s": .number(figures.loading.rounded(places: 2)),
            "total_s": .number(figures.whole.rounded(places: 1)),
            "peak_rss_mb": .number(MachineCounters.peakMegabytes),
            "cpu_per_wall": .number(counted.cpuPerWall.rounded(places: 2)),
            "kernel_cpu_share": .number(counted.kernelShare.rounded(places: 3)),
            "other_cpu": counted.otherCPU.map { .number($0.rounded(places: 3)) } ?? .null,
            "steal": counted.steal.map { .number($0.rounded(places: 3)) } ?? .null,
            "page_faults_per_step": .integer(counted.pageFaults / max(1, figures.points.count)),
            "tokenizer": .string(tokenizer ?? "the model's"), "tokenizer_vocab": .integer(figures.vocabulary),
            "ids_mapped": 0, "loss_first": .finite((figures.points.first?.loss ?? .nan).rounded(places: 5)),
            "loss_mean": .finite(figures.meanLoss.rounded(places: 5)),
            "instruction_set": .string(Processor.instructionSet),
        ]
        if options.json { return Output.json(.object(object)) }
        Output.line(
            "\(model ?? shape), \(method.rawValue), \(dtype.rawValue), \(rows.count) rows in \(figures.points.count) "
                + "steps, \(Processor.threads) threads")
        for key in [
            "epoch_s", "real_tokens_per_s", "trained_tokens_per_s", "gflops_per_s", "share_of_peak", "real_tokens",
            "trained_tokens",
            "padded_tokens", "rows_dropped", "rows_cut", "step_s_min", "step_s_max", "tokenize_s", "peak_rss_mb",
            "cpu_per_wall", "other_cpu", "loss_first", "loss_mean",
        ] {
            Output.line("  \(key.paddedToCells(20)) \(object[key]?.serialized() ?? "")")
        }
        BenchNotes.lines(otherCPU: counted.otherCPU, steal: counted.steal).forEach(Output.line)
    }
}
