import Datasets
import Foundation
import Models
import OrderedJSON
import Recipes
import Records
import Runs
import Tensors
import Tokenizers
import WeightFiles

/// A workspace as it is after months of use, made by the program's own code: many rows, many runs, a model of random
/// weights, and a recipe that is ready to start.
struct StartWorkspace {
    let workspace: Workspace
    let model: String
    static let large = "months-of-rows"
    static let small = "rows-to-train"

    /// Everything goes below `folder`, which the caller removes. Training is on `trainRows` rows, on the model folder
    /// `given` or on one made here with random weights and the tokenizer of that file, or one trained on the rows.
    init(
        folder: String, examples: Int, runs: Int, trainRows: Int, shape: BenchShape, model given: String?,
        tokenizer: String?
    ) throws {
        workspace = try Workspace(folder: folder + "/workspace")
        try workspace.set("seeded", to: "1")
        for (name, count, seed) in [(Self.large, examples, UInt64(1)), (Self.small, trainRows, 2)] where count > 0 {
            let path = "\(folder)/\(name).jsonl"
            _ = try DatasetWriter.write(Self.rows(count, seed: seed), shape: .messages, to: path)
            _ = try workspace.keep(try DatasetFile.read(path: path), named: name)
        }
        model = given.map(CommonOptions.absolute) ?? folder + "/model"
        if given == nil { try Self.writeModel(model, shape: shape, tokenizer: tokenizer) }
        let recipe = recipe
        for number in 0..<runs { try addRun(number, recipe) }
        try workspace.set("recipe.draft", to: recipe.yaml(comments: false))
    }

    /// A step of one sequence: what comes before it is measured, not how much a person packs into it.
    var recipe: Recipe {
        var recipe = Recipe(model: model, data: .init(train: Self.small))
        recipe.name = "started"
        recipe.data.validation = .share(0)
        recipe.batch.microBatchSize = 1
        recipe.batch.gradientAccumulationSteps = 1
        recipe.precision = .bf16
        recipe.evaluation.everySteps = 0
        recipe.maxSteps = 50
        return recipe
    }

    // MARK: Parts

    private static let words = """
        the a customer order invoice number please answer question about delivery refund account billing weather river
        mountain science history music teacher student garden recipe bread water energy light number seven twelve why how
        explain describe compare list summarise translate write short long simple careful example result reason
        """.split(whereSeparator: \.isWhitespace)

    private static func rows(_ count: Int, seed: UInt64) -> [Example] {
        var random = SeededOrder(seed: seed, stream: 0)
        func text(_ length: ClosedRange<Int>) -> String {
            let count = length.lowerBound + Int(random.next() % UInt64(length.count))
            return (0..<count).map { _ in String(words[Int(random.next() % UInt64(words.count))]) }
                .joined(separator: " ")
        }
        return (0..<count).map { number in
            let turns = [
                ChatMessage(role: "user", content: "\(text(5...30)) \(number)?"),
                ChatMessage(role: "assistant", content: text(10...60) + "."),
            ]
            return Example(content: .chat(turns, tools: nil), line: number + 1)
        }
    }

    private static func writeModel(_ folder: String, shape: BenchShape, tokenizer: String?) throws {
        try Decoder.random(try shape.configuration(), seed: 1).save(to: folder, as: .bfloat16)
        MemoryLedger.trim()
        if let tokenizer {
            try FileManager.default.copyItem(
                atPath: CommonOptions.absolute(tokenizer), toPath: folder + "/tokenizer.json")
        } else {
            var trainer = ByteLevelBPETrainer(
                vocabularySize: min(2048, shape.vocabulary), specialTokens: ["<|endoftext|>"])
            for word in words { trainer.add(" \(word)", count: 3) }
            try DurableFile.write(try trainer.train().serialized(), to: folder + "/tokenizer.json")
        }
        try DurableFile.write(
            #"{"eos_token":"<|endoftext|>","bos_token":null}"#, to: folder + "/tokenizer_config.json")
    }

    /// A finished run of a thousand steps.
    private func addRun(_ number: Int, _ recipe: Recipe) throws {
        let id = RunID("kept-\(number + 1)")
        var own = recipe
        own.name = id.rawValue
        try workspace.createRun(id, recipe: own.yaml(comments: false), lineage: ["data": .string(Self.small)])
        var events: [RunEvent] = []
        for step in 1...1000 {
            events.append(
                .step(
                    MetricPoint(
                        step: step, loss: 3 / Double(step).squareRoot(), learningRate: 2e-4, gradientNorm: 1,
                        trainedTokens: step * 400, tokens: step * 1000, tokensPerSecond: 500,
                        elapsedSeconds: Double(step) * 2, epoch: Double(step) / 100, residentBytes: 1 << 30)))
            if step % 50 == 0 {
                events.append(
                    .evaluation(EvaluationPoint(step: step, loss: 4 - Double(step) / 1000, tokens: 900, isBest: true)))
            }
        }
        events.append(
            .ended(
                RunOutcome(phase: .finished, output: nil, bestCheckpoint: nil, lastCheckpoint: nil, message: nil)))
        try workspace.record(events, of: id)
    }
}
