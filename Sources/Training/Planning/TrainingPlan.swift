import Datasets
import Foundation
public import Models
public import Recipes
import WeightFiles

/// What a run would do, before it does it: `ftbench plan` and the preflight of the Recipe screen. Changes nothing.
public struct TrainingPlan: Sendable {
    public var recipe: Recipe
    /// Everything to say about recipe and rows; an error keeps the run from starting.
    public var problems: [RecipeProblem]
    public var trainRows = 0
    public var validationRows = 0
    public var dropped: [DroppedRow] = []
    public var cutRows = 0
    /// Rows of which a trained answer does not end in a trained end token.
    public var rowsWithoutEnd = 0
    public var longestRow = 0
    /// Of one pass over the rows.
    public var tokensPerEpoch = 0
    public var trainedTokensPerEpoch = 0
    /// Of the whole run.
    public var trainedTokens = 0
    public var totalTokens = 0
    public var stepsPerEpoch = 0
    public var steps = 0
    public var warmupSteps = 0
    public var trainableParameters = 0
    public var totalParameters = 0
    public var memory = MemoryForecast()
    /// Memory that is free now; nil when the system does not say.
    public var availableBytes: Int?
    public var time: TimeForecast?
    /// Checkpoints that are kept, and the output.
    public var diskBytes = 0
    public var freeDiskBytes: Int?
    /// The planned rate at every step, or at a thousand of them.
    public var learningRates: [Double] = []

    public var canStart: Bool { !problems.contains { $0.severity == .error } }

    /// A plan that goes no further than its problems.
    public init(recipe: Recipe, problems: [RecipeProblem]) {
        self.recipe = recipe
        self.problems = problems
    }

    /// How the time is forecast.
    public enum Calibration: Sendable {
        case none
        /// The speed of matrix products is measured here, about 20 ms, and the work is counted.
        case products
        /// A micro-batch of the run is computed and timed, when that takes under two seconds; else as `products`.
        case microBatch
    }

    /// Plans a prepared run from the model's sizes; takes milliseconds, and what the calibration takes.
    ///
    /// - Parameters:
    ///   - prepared: The rows and the order of batches.
    ///   - configuration: The model's sizes.
    ///   - folder: Where checkpoints would go, for the free space; may not exist yet.
    ///   - calibration: How the time is forecast.
    public init(
        _ prepared: PreparedRun, configuration: ModelConfiguration, folder: String?,
        calibration: Calibration = .products
    ) {
        let recipe = prepared.recipe
        self.init(recipe: recipe, problems: prepared.problems)
        do {
            try prepared.check(
                vocabulary: configuration.vocabularySize, contextLength: configuration.contextLength)
        } catch {
            problems.append(
                RecipeProblem(key: "data.train", problem: "\(error)", remedy: "The run would not start."))
        }
        problems += Self.targetProblems(recipe, configuration)
        trainRows = prepared.train.count
        validationRows = prepared.validation.count
        dropped = prepared.dropped
        cutRows = prepared.cutRows
        rowsWithoutEnd = recipe.data.trainOn == .everything ? 0 : prepared.train.count { !$0.endTokenTrained }
        longestRow = prepared.train.map(\.count).max() ?? 0
        tokensPerEpoch = prepared.tokensPerEpoch
        trainedTokensPerEpoch = prepared.trainedTokensPerEpoch
        stepsPerEpoch = prepared.stepsPerEpoch
        steps = prepared.totalSteps
        warmupSteps = prepared.warmupSteps
        let passes = Double(steps) / Double(stepsPerEpoch)
        totalTokens = Int(Double(tokensPerEpoch) * passes)
        trainedTokens = Int(Double(trainedTokensPerEpoch) * passes)
        let points = min(steps, 1000)
        learningRates = (0..<points).map { prepared.learningRate(at: $0 * steps / points) }

        let shape = ModelShape(configuration)
        let adapterCount =
            recipe.method == .full
            ? 0 : shape.adapterParameters(recipe.loraSettings)
        totalParameters = shape.parameters + adapterCount
        trainableParameters = recipe.method == .full ? shape.parameters : adapterCount
        let largest = prepared.largestMicroBatch
        memory = MemoryForecast(
            shape: shape, recipe: recipe, weightBytes: Self.weightBytes(of: recipe.model) ?? shape.parameters * 4,
            tokens: largest.tokens, trained: largest.trained,
            program: max(MemoryForecast.bareProgram, MemoryUse.besidesTensors))
        availableBytes = MemoryUse.availableBytes
        diskBytes = trainableParameters * 12 * (recipe.checkpoints.keep + 1) + trainableParameters * 4
        freeDiskBytes = folder.flatMap { DiskSpace.free(at: $0) }
        time = forecast(prepared, shape, calibration)
        checkRoom()
    }

    private func forecast(
        _ prepared: PreparedRun, _ shape: ModelShape, _ calibration: Calibration
    ) -> TimeForecast? {
        if case .none = calibration { return nil }
        let speed = WorkCount.measuredSpeed(in: recipe.productPrecision)
        let length = max(1, tokensPerEpoch / max(1, trainRows))
        let epoch = WorkCount.operations(
            shape, recipe: recipe, tokens: tokensPerEpoch, trained: trainedTokensPerEpoch, length: length)
        // Besides products there are norms, softmax, activations and memory traffic: products fill about 60 %.
        var epochSeconds = epoch / (speed * 0.6)
        var basis = TimeForecast.Basis.countedWork(gigaflopsPerSecond: speed / 1e9)
        let micro = prepared.firstMicroBatch
        if case .microBatch = calibration, canStart, !micro.ids.isEmpty,
            epochSeconds * Double(micro.count) / Double(max(1, tokensPerEpoch)) < 2,
            let seconds = try? MicroBatchTimer.seconds(prepared, micro)
        {
            let updates = Double(trainableParameters) * 2e-9 * Double(stepsPerEpoch)
            epochSeconds = seconds * Double(tokensPerEpoch) / Double(micro.count) + updates
            basis = .measuredStep
        }
        let held = prepared.validation.reduce(0) { $0 + $1.count }
        let evaluations = recipe.evaluation.everySteps > 0 ? steps / recipe.evaluation.everySteps + 2 : 1
        let heldSeconds = epochSeconds * Double(held) / Double(max(1, tokensPerEpoch)) / 2.5 * Double(evaluations)
        let passes = Double(steps) / Double(stepsPerEpoch)
        return TimeForecast(
            seconds: epochSeconds * passes + heldSeconds,
            tokensPerSecond: Double(tokensPerEpoch) / max(epochSeconds, 1e-9),
            basis: basis)
    }

    private mutating func checkRoom() {
        if let availableBytes, memory.total > availableBytes {
            problems.append(
                RecipeProblem(
                    key: "batch.micro_batch_size",
                    problem: "about \(ByteText.short(memory.total)) of memory are needed and "
                        + "\(ByteText.short(availableBytes)) are free",
                    remedy: "Lower batch.micro_batch_size or batch.sequence_length, or set gradient_checkpointing: "
                        + "block.", severity: .warning))
        }
        if let freeDiskBytes, diskBytes > freeDiskBytes {
            problems.append(
                RecipeProblem(
                    key: "checkpoints.keep",
                    problem: "about \(ByteText.short(diskBytes)) of disk are needed and "
                        + "\(ByteText.short(freeDiskBytes)) are free",
                    remedy: "Lower checkpoints.keep or free some space.", severity: .warning))
        }
    }

    private static func weightBytes(of folder: String) -> Int? {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let sizes = names.filter { $0.hasSuffix(".safetensors") }.compactMap { DiskSpace.fileSize(folder + "/" + $0) }
        return sizes.isEmpty ? nil : sizes.reduce(0, +)
    }
}

extension PreparedRun {
    /// The micro-batch a run begins with.
    var firstMicroBatch: Batch {
        var stream = batches(fromStep: 0)
        return stream.next().first ?? Batch()
    }

    /// Tokens and trained tokens of the largest micro-batch of the first epoch.
    var largestMicroBatch: (tokens: Int, trained: Int) {
        let order = plan.order(epoch: 0)
        var largest = (tokens: 0, trained: 0)
        for step in 0..<plan.stepCount(of: order) {
            for micro in plan.microBatches(step: step, of: order) {
                let rows = micro.joined()
                let tokens = rows.reduce(0) { $0 + train[$1].count }
                if tokens > largest.tokens { largest = (tokens, rows.reduce(0) { $0 + train[$1].trainedCount }) }
            }
        }
        return largest
    }
}
