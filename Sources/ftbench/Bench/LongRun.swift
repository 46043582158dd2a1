import Datasets
import Foundation
import Models
import OrderedJSON
import Recipes
import Records
import Runs
import Synchronization
import Tensors
import Tokenizers
import Training
import WeightFiles

/// A run of many steps on a tiny model, as `ftbench train --json` makes it: registered, recorded in SQLite, with
/// checkpoints, measurements and a log.
struct LongRun {
    private let shape: BenchShape
    private let steps: Int

    init(shape: BenchShape, steps: Int) throws {
        self.shape = shape
        self.steps = steps
    }

    /// By the arithmetic of the forecast: every position a label.
    static func operationsPerToken(_ shape: BenchShape, method: StepBench.Method, length: Int) throws -> Double {
        var recipe = Recipe(model: shape.name, data: .init(train: "random"))
        recipe.method = method == .lora ? .lora : .full
        return WorkCount.operations(
            try shape.configuration(), recipe: recipe, tokens: length, trained: length, length: length)
            / Double(length)
    }

    struct Times {
        /// Seconds since the first step's end at the end of each step, and tokens computed by then.
        var ends: [(seconds: Double, tokens: Int, residentBytes: Int)]
        var recorded = 0
        var checkpoints = 0
        var logBytes = 0

        var tokensPerStep: Int { ends.isEmpty ? 0 : (ends.last?.tokens ?? 0) / ends.count }

        /// The last thousand steps up to a mark, without the first tenth of a short run: as many of the rare and dear
        /// ones, which save or measure, at every mark.
        private func window(_ mark: Int) -> Range<Int> {
            let end = min(mark, ends.count) - 1
            return max(0, end - min(1000, max(1, mark * 9 / 10)))..<max(end, 0)
        }

        func nanosecondsPerToken(upTo mark: Int) -> Double {
            let window = window(mark)
            guard ends.indices.contains(window.upperBound), !window.isEmpty else { return .nan }
            let (first, last) = (ends[window.lowerBound], ends[window.upperBound])
            return (last.seconds - first.seconds) * 1e9 / Double(max(1, last.tokens - first.tokens))
        }

        func medianMicroseconds(upTo mark: Int) -> Double {
            let window = window(mark)
            guard ends.indices.contains(window.upperBound) else { return .nan }
            return window.map { (ends[$0 + 1].seconds - ends[$0].seconds) * 1e6 }.median ?? .nan
        }

        func residentMegabytes(at mark: Int) -> Double {
            let index = min(mark, ends.count) - 1
            return ends.indices.contains(index) ? Double(ends[index].residentBytes) / 1_048_576 : .nan
        }
    }

    /// What the events of the run are kept in; they come on the engine's thread.
    private final class Log: Sendable {
        struct Content {
            var ends: [(seconds: Double, tokens: Int, residentBytes: Int)] = []
            var checkpoints = 0
            var bytes = 0
        }
        let content = Mutex(Content())
        private let file: FileHandle
        private let start = ContinuousClock.now

        init(path: String) throws {
            guard FileManager.default.createFile(atPath: path, contents: nil),
                let file = FileHandle(forWritingAtPath: path)
            else { throw Failure("\(path) cannot be written. Check the temporary folder.") }
            self.file = file
        }

        func take(_ event: RunEvent, run: RunID) {
            let line = RunPrinter.json(event, run: run).map { Data(($0.serialized(.python) + "\n").utf8) }
            if let line { try? file.write(contentsOf: line) }
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            content.withLock { content in
                content.bytes += line?.count ?? 0
                switch event {
                case .step(let point): content.ends.append((seconds, point.tokens, point.residentBytes))
                case .checkpoint: content.checkpoints += 1
                default: break
                }
            }
        }
    }

    func stepTimes(progress: @escaping @Sendable (Int) -> Void) throws -> Times {
        let folder = NSTemporaryDirectory() + "ftbench-long-\(getpid())"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let recipe = try makeRecipe(folder)
        let workspace = try Workspace(folder: folder + "/workspace")
        let host = EngineHost()
        let launch = try RunLauncher(workspace: workspace).launch(recipe) { host.send($0) }
        let log = try Log(path: folder + "/log.jsonl")
        let id = launch.id
        try host.start(launch.request) { event in
            launch.recorder.take(event)
            log.take(event, run: id)
            if case .step(let point) = event, point.step % 1000 == 0 { progress(point.step) }
        }
        let outcome = host.waitForEnd()
        launch.recorder.flush()
        withExtendedLifetime(launch.lock) {}
        guard let outcome, outcome.phase == .finished else {
            throw Failure("The long run ended early: \(outcome?.message ?? "without an outcome")")
        }
        return log.content.withLock { content in
            Times(
                ends: content.ends, recorded: (try? workspace.history(of: id).points.count) ?? 0,
                checkpoints: content.checkpoints, logBytes: content.bytes)
        }
    }

    private func makeRecipe(_ folder: String) throws -> Recipe {
        let model = folder + "/model"
        try Decoder.random(try shape.configuration(), seed: 1).save(to: model, as: .float32)
        var trainer = ByteLevelBPETrainer(
            vocabularySize: min(320, shape.vocabulary), specialTokens: ["<|endoftext|>"])
        trainer.add("### User:\nhow many are\n\n### Assistant:\nthere are in all", count: 4)
        try DurableFile.write(try trainer.train().serialized(), to: model + "/tokenizer.json")
        try DurableFile.write(#"{"eos_token":"<|endoftext|>"}"#, to: model + "/tokenizer_config.json")
        let rows = (0..<200).map { number in
            Example(
                content: .chat(
                    [
                        ChatMessage(role: "user", content: "how many are \(number) and \(number * 7)?"),
                        ChatMessage(role: "assistant", content: "there are \(number * 8) in all"),
                    ], tools: nil), line: number + 1)
        }
        _ = try DatasetWriter.write(rows, shape: .messages, to: folder + "/rows.jsonl")
        var recipe = Recipe(model: model, data: .init(train: folder + "/rows.jsonl"))
        recipe.name = "long"
        recipe.maxSteps = steps
        recipe.batch.microBatchSize = 1
        recipe.batch.gradientAccumulationSteps = 1
        recipe.batch.sequenceLength = 128
        recipe.evaluation.everySteps = 100
        recipe.checkpoints.everySteps = 100
        return recipe
    }
}
