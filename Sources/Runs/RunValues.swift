import Foundation

/// Names a run in a workspace; also the name of its folder below `runs/`.
public struct RunID: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible,
    ExpressibleByStringLiteral
{
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public init(_ name: String) { rawValue = name }
    public init(stringLiteral name: String) { rawValue = name }
    public var description: String { rawValue }
}

/// Where a run is in its life. A run that was killed stays `training` with a stale heartbeat
/// until a process opens the workspace and marks it `interrupted`.
public enum RunPhase: String, Sendable, Codable, CaseIterable {
    case preparing, training, paused, finished, stopped, interrupted, failed

    /// Whether a process is at work on it, or says so.
    public var isLive: Bool { self == .preparing || self == .training || self == .paused }
}

/// One optimiser step as the charts and the `step` event show it.
public struct MetricPoint: Sendable, Equatable, Codable {
    /// Counted from 1: the number of updates made, this one included.
    public var step: Int
    /// Mean negative log-likelihood in nats over the tokens trained in this step. May be non-finite.
    public var loss: Double
    public var learningRate: Double
    /// L2 norm of the whole gradient before clipping.
    public var gradientNorm: Double
    /// Trained tokens so far, this step included.
    public var trainedTokens: Int
    /// All tokens computed so far, this step included.
    public var tokens: Int
    public var tokensPerSecond: Double
    /// Seconds of training so far, pauses left out.
    public var elapsedSeconds: Double
    public var epoch: Double
    public var residentBytes: Int

    public init(
        step: Int, loss: Double, learningRate: Double, gradientNorm: Double, trainedTokens: Int, tokens: Int,
        tokensPerSecond: Double, elapsedSeconds: Double, epoch: Double, residentBytes: Int
    ) {
        self.step = step
        self.loss = loss
        self.learningRate = learningRate
        self.gradientNorm = gradientNorm
        self.trainedTokens = trainedTokens
        self.tokens = tokens
        self.tokensPerSecond = tokensPerSecond
        self.elapsedSeconds = elapsedSeconds
        self.epoch = epoch
        self.residentBytes = residentBytes
    }
}

/// Mean loss on the held-out rows after `step` updates (0: before the first).
public struct EvaluationPoint: Sendable, Equatable, Codable {
    public var step: Int
    public var loss: Double
    public var tokens: Int
    public var isBest: Bool
    public init(step: Int, loss: Double, tokens: Int, isBest: Bool) {
        self.step = step
        self.loss = loss
        self.tokens = tokens
        self.isBest = isBest
    }
}

/// What the model wrote for one of the fixed prompts after `step` updates.
public struct SampleText: Sendable, Equatable, Codable {
    public var step: Int
    public var promptIndex: Int
    public var prompt: String
    public var text: String
    public init(step: Int, promptIndex: Int, prompt: String, text: String) {
        self.step = step
        self.promptIndex = promptIndex
        self.prompt = prompt
        self.text = text
    }
}

/// A checkpoint folder that is complete on disk.
public struct CheckpointRecord: Sendable, Equatable, Codable {
    public var step: Int
    public var path: String
    public var isBest: Bool
    public var evaluationLoss: Double?
    public init(step: Int, path: String, isBest: Bool, evaluationLoss: Double?) {
        self.step = step
        self.path = path
        self.isBest = isBest
        self.evaluationLoss = evaluationLoss
    }
}

/// A line of the run's log: what happened, at which step.
public struct RunNotice: Sendable, Equatable, Codable {
    public enum Level: String, Sendable, Codable { case info, warning, error }
    public var level: Level
    public var step: Int
    public var text: String
    public init(_ level: Level, step: Int, text: String) {
        self.level = level
        self.step = step
        self.text = text
    }
}

/// Everything a run tells the outside, in order. The recorder keeps them; `ftbench train --json` prints them.
public enum RunEvent: Sendable, Equatable {
    case phase(RunPhase, detail: String?)
    case started(RunPlanFacts)
    case step(MetricPoint)
    case evaluation(EvaluationPoint)
    case sample(SampleText)
    case checkpoint(CheckpointRecord)
    /// A retention rule removed this checkpoint folder.
    case checkpointRemoved(path: String)
    case notice(RunNotice)
    case ended(RunOutcome)
}

/// What was known when the first step began.
public struct RunPlanFacts: Sendable, Equatable, Codable {
    public var totalSteps: Int
    public var epochs: Double
    public var trainRows: Int
    public var validationRows: Int
    public var tokensPerEpoch: Int
    public var trainedTokensPerEpoch: Int
    public var trainableParameters: Int
    public var totalParameters: Int
    /// 0 for a fresh run, else the step of the checkpoint it went on from.
    public var resumedFromStep: Int
    public init(
        totalSteps: Int, epochs: Double, trainRows: Int, validationRows: Int, tokensPerEpoch: Int,
        trainedTokensPerEpoch: Int, trainableParameters: Int, totalParameters: Int, resumedFromStep: Int
    ) {
        self.totalSteps = totalSteps
        self.epochs = epochs
        self.trainRows = trainRows
        self.validationRows = validationRows
        self.tokensPerEpoch = tokensPerEpoch
        self.trainedTokensPerEpoch = trainedTokensPerEpoch
        self.trainableParameters = trainableParameters
        self.totalParameters = totalParameters
        self.resumedFromStep = resumedFromStep
    }
}

/// How a run ended and what it left.
public struct RunOutcome: Sendable, Equatable, Codable {
    public var phase: RunPhase
    /// Folder with the adapter (or the whole model after full fine-tuning); nil when nothing was saved.
    public var output: String?
    public var bestCheckpoint: String?
    public var lastCheckpoint: String?
    /// Why it failed or stopped, for people.
    public var message: String?
    public init(phase: RunPhase, output: String?, bestCheckpoint: String?, lastCheckpoint: String?, message: String?) {
        self.phase = phase
        self.output = output
        self.bestCheckpoint = bestCheckpoint
        self.lastCheckpoint = lastCheckpoint
        self.message = message
    }
}

/// What a person may ask of a live run; read between two steps.
public enum RunCommand: Sendable, Equatable, Codable {
    case pause
    case resume
    /// Finish the step, save a checkpoint and the output, end.
    case stop
    /// End without saving anything more.
    case abort
    case checkpoint
    case sample
    case evaluate
    /// Replaces the peak rate of the schedule from the next step on.
    case setLearningRate(Double)
    case setEvaluationInterval(Int)
}

/// The state of a live run as the screen needs it: a value of a few kilobytes.
public struct RunSnapshot: Sendable, Equatable {
    public var id: RunID
    public var phase: RunPhase
    public var detail: String?
    public var facts: RunPlanFacts?
    public var latest: MetricPoint?
    public var latestEvaluation: EvaluationPoint?
    public var bestEvaluation: EvaluationPoint?
    public var secondsLeft: Double?
    public var outcome: RunOutcome?
    public init(id: RunID, phase: RunPhase) {
        self.id = id
        self.phase = phase
    }
}
