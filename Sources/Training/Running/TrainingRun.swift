public import Adapters
import Autograd
import Datasets
import Foundation
public import Models
public import Recipes
public import Runs
import Tensors
import WeightFiles

/// A run between two steps: model, adapter, optimiser and counters. Lives and dies on the engine's thread.
///
/// Given the same recipe, rows and number of threads, the same step computes the same bits, whether the run came here
/// in one go or was resumed from a checkpoint.
public final class TrainingRun {
    public let prepared: PreparedRun
    public let folder: String
    public let decoder: Decoder
    /// Nil in full fine-tuning.
    public let adapter: LoRAAdapter?
    let parameters: [TrainedParameter]
    var optimizer: AdamW
    public internal(set) var state: RunState
    /// Step of the newest checkpoint in the folder, or nil.
    public internal(set) var lastSavedStep: Int?
    var lastCheckpoint: String?
    var output: String?
    let resumedFromStep: Int
    /// What a person should know about the resumption.
    public private(set) var resumeNotes: [String] = []
    var throughput: Throughput
    private var stream: BatchStream
    /// Bytes free where checkpoints go; replaced in tests.
    var freeBytes: (String) -> Int? = DiskSpace.free

    public var recipe: Recipe { prepared.recipe }

    /// Loads the recipe's model and starts afresh, or goes on from a checkpoint.
    public convenience init(_ prepared: PreparedRun, folder: String, resumeFrom: CheckpointFolder? = nil) throws {
        let trainsAll = prepared.recipe.method == .full
        let decoder = try Decoder.load(folder: prepared.recipe.model, trainable: trainsAll)
        try self.init(prepared, decoder: decoder, folder: folder, resumeFrom: resumeFrom)
    }

    /// The same with a decoder that is loaded already; for full fine-tuning its parameters must want gradients.
    public init(
        _ prepared: PreparedRun, decoder: Decoder, folder: String, resumeFrom: CheckpointFolder? = nil
    ) throws {
        let recipe = prepared.recipe
        try prepared.check(
            vocabulary: decoder.configuration.vocabularySize, contextLength: decoder.configuration.contextLength)
        self.prepared = prepared
        self.decoder = decoder
        self.folder = folder
        switch recipe.method {
        case .full:
            adapter = nil
            parameters = decoder.parameters.map { TrainedParameter(key: $0.key, variable: $0.variable) }
        case .lora:
            let adapter = try LoRAAdapter(recipe.loraSettings, for: decoder, seed: recipe.seed)
            try adapter.attach(to: decoder)
            self.adapter = adapter
            parameters = adapter.parameters.map { TrainedParameter(key: $0.key, variable: $0.variable) }
        }
        let section = recipe.optimizer
        optimizer = AdamW(
            AdamW.Settings(
                beta1: section.betas.first ?? 0.9, beta2: section.betas.last ?? 0.999, epsilon: section.epsilon,
                weightDecay: section.weightDecay))
        state = RunState()
        state.fingerprint = prepared.fingerprint(model: Self.fingerprint(ofModel: recipe.model))
        state.threads = Processor.threads
        state.templateClock = prepared.templateClock.timeIntervalSince1970
        resumedFromStep = resumeFrom?.step ?? 0
        throughput = Throughput(secondsBefore: 0)
        stream = prepared.batches(fromStep: 0)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        CheckpointFolder.removeLeftovers(in: folder)
        if let resumeFrom { try resume(from: resumeFrom) }
    }

    // MARK: The step

    /// One update: gradients summed over the micro-batches, divided once by their tokens, clipped, applied.
    ///
    /// - Throws: `TrainingError.nonFinite` before the update, with the weights as they were.
    public func step() throws -> MetricPoint {
        let started = ContinuousClock.now
        let batches = stream.next()
        var loss = 0.0
        var trained = 0
        clearGradients()
        optimizer.makeMoments(for: parameters)
        for (index, batch) in batches.enumerated() {
            let tape = Tape()
            guard let part = lossSum(batch, in: pass(tape, microBatch: index)) else { continue }
            let sum = Double(part.sum.value.item)
            guard sum.isFinite else { throw nonFiniteLoss(batch, microBatch: index) }
            tape.backward(from: part.sum)
            loss += sum
            trained += part.tokens
        }
        let mean = 1 / Double(max(1, trained))
        let norm = GradientNorm.of(parameters) * mean
        guard norm.isFinite else { throw nonFiniteGradient(batches) }
        let rate = learningRate(at: state.step)
        let clip = GradientNorm.clipFactor(norm: norm, limit: recipe.optimizer.maxGradNorm)
        optimizer.update(parameters, step: state.step + 1, learningRate: rate, gradientScale: mean * clip)
        clearGradients()

        let tokens = batches.reduce(0) { $0 + $1.ids.count }
        state.step += 1
        state.tokens += tokens
        state.trainedTokens += trained
        throughput.add(tokens: tokens, seconds: seconds(since: started))
        state.elapsedSeconds = throughput.seconds
        return MetricPoint(
            step: state.step, loss: loss * mean, learningRate: rate, gradientNorm: norm,
            trainedTokens: state.trainedTokens, tokens: state.tokens, tokensPerSecond: throughput.tokensPerSecond,
            elapsedSeconds: state.elapsedSeconds, epoch: stream.epochs,
            residentBytes: MemoryUse.residentBytes)
    }

    /// Randomness of a micro-batch is a function of the seed and its number since the start of the run.
    func pass(_ tape: Tape?, microBatch: Int) -> Pass {
        let number = state.step * recipe.batch.gradientAccumulationSteps + microBatch
        return Pass(
            tape: tape, stream: RandomStream(seed: recipe.seed, step: UInt64(number)), isTraining: true,
            precision: recipe.productPrecision)
    }

    func lossSum(_ batch: Batch, in pass: Pass) -> LossSum? {
        SupervisedLoss.of(
            batch, decoder, checkpointing: recipe.gradientCheckpointing == .block && pass.tape != nil, in: pass)
    }

    func clearGradients() {
        for parameter in parameters { parameter.variable.gradient = nil }
    }

    // MARK: Where it stands

    public var totalSteps: Int { prepared.totalSteps }
    public var isDone: Bool { state.step >= totalSteps }
    public var learningRateNow: Double { learningRate(at: state.step) }

    /// Rate of update number `step`, counted from 0, with the peak that is in force.
    public func learningRate(at step: Int) -> Double {
        prepared.learningRate(at: step, peak: state.peakLearningRate)
    }

    public var evaluationInterval: Int { state.evaluationInterval ?? recipe.evaluation.everySteps }

    public var isEvaluationDue: Bool {
        evaluationInterval > 0 && state.step % evaluationInterval == 0 && !isDone
    }

    public var isCheckpointDue: Bool {
        recipe.checkpoints.everySteps > 0 && state.step % recipe.checkpoints.everySteps == 0 && !isDone
    }

    /// A new best is saved at once, unless checkpoints are wanted at the end only.
    public var savesBest: Bool { recipe.checkpoints.everySteps > 0 }

    public var secondsLeft: Double? {
        throughput.secondsPerStep.map { $0 * Double(max(0, totalSteps - state.step)) }
    }

    public var facts: RunPlanFacts {
        RunPlanFacts(
            totalSteps: totalSteps, epochs: prepared.epochs, trainRows: prepared.train.count,
            validationRows: prepared.validation.count, tokensPerEpoch: prepared.tokensPerEpoch,
            trainedTokensPerEpoch: prepared.trainedTokensPerEpoch,
            trainableParameters: parameters.reduce(0) { $0 + $1.variable.value.count },
            totalParameters: decoder.configuration.parameterCount
                + (adapter == nil ? 0 : parameters.reduce(0) { $0 + $1.variable.value.count }),
            resumedFromStep: resumedFromStep)
    }

    // MARK: By hand

    /// - Returns: false when `rate` is no learning rate.
    public func setPeakLearningRate(_ rate: Double) -> Bool {
        guard rate.isFinite, (0...1).contains(rate) else { return false }
        state.peakLearningRate = rate
        return true
    }

    public func setEvaluationInterval(_ steps: Int) { state.evaluationInterval = max(0, steps) }

    public func outcome(_ phase: RunPhase, message: String?) -> RunOutcome {
        RunOutcome(
            phase: phase, output: output, bestCheckpoint: state.bestCheckpoint, lastCheckpoint: lastCheckpoint,
            message: message)
    }

    // MARK: Resuming

    private func resume(from checkpoint: CheckpointFolder) throws {
        let saved = try checkpoint.state()
        let differences = ResumeCheck.differences(
            recipe: recipe, fingerprint: state.fingerprint, from: try checkpoint.recipe(), saved.fingerprint)
        guard differences.isEmpty else {
            throw TrainingError.resumeDiffers(checkpoint: checkpoint.path, differences: differences)
        }
        try loadWeights(from: checkpoint)
        if saved.threads != state.threads {
            resumeNotes.append(
                "resumed with \(state.threads) threads instead of \(saved.threads): "
                    + "the last bits of the losses may differ from the straight run")
        }
        let threads = state.threads
        state = saved
        state.threads = threads
        stream = prepared.batches(fromStep: state.step)
        lastSavedStep = checkpoint.step
        lastCheckpoint = checkpoint.path
        throughput = Throughput(secondsBefore: saved.elapsedSeconds)
        resumeNotes.append("resumed from step \(checkpoint.step)")
    }

    /// Of config.json, and of the names and sizes of the weights: enough to tell another model, at no cost.
    static func fingerprint(ofModel folder: String) -> String {
        var hash = ContentHash()
        if let bytes = FileManager.default.contents(atPath: folder + "/config.json") { hash.update(bytes) }
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
        for name in names where name.hasSuffix(".safetensors") {
            hash.update(name)
            hash.update(DiskSpace.fileSize(folder + "/" + name) ?? 0)
        }
        return hash.hex
    }
}
