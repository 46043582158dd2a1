public import Foundation
public import Runs

extension RunsScreen {
    public enum Message: Sendable {
        case list([RunEntry])
        case history(RunID, RunHistoryValue)
        case failed(String)
    }

    public enum Effect: Sendable, Equatable {
        /// Answered by `list`.
        case list
        /// Answered by `history`.
        case load(RunID)
        /// Goes on from the last checkpoint in this process, and opens the Train screen.
        case resume(RunID)
        case setNote(RunID, String)
        case archive(RunID, Bool)
        /// Rows and folder; only for a run that is not live.
        case delete(RunID)
        /// Opens a run on the Train screen; answered by the workbench itself.
        case attach(RunID)
    }
}

/// One row of the Runs screen.
public struct RunEntry: Sendable, Equatable {
    public var id: RunID
    public var phase: RunPhase
    public var detail: String?
    /// The recipe as YAML, every default written out.
    public var recipe: String
    public var facts: RunPlanFacts?
    public var outcome: RunOutcome?
    public var note: String
    public var isArchived: Bool
    public var createdAt: Date
    public var latest: MetricPoint?
    public var bestEvaluation: EvaluationPoint?
    public var latestEvaluation: EvaluationPoint?
    /// Whether a checkpoint exists to resume from.
    public var hasCheckpoint: Bool

    public init(
        id: RunID, phase: RunPhase, detail: String? = nil, recipe: String, facts: RunPlanFacts? = nil,
        outcome: RunOutcome? = nil, note: String = "", isArchived: Bool = false, createdAt: Date,
        latest: MetricPoint? = nil, bestEvaluation: EvaluationPoint? = nil, latestEvaluation: EvaluationPoint? = nil,
        hasCheckpoint: Bool = false
    ) {
        self.id = id
        self.phase = phase
        self.detail = detail
        self.recipe = recipe
        self.facts = facts
        self.outcome = outcome
        self.note = note
        self.isArchived = isArchived
        self.createdAt = createdAt
        self.latest = latest
        self.bestEvaluation = bestEvaluation
        self.latestEvaluation = latestEvaluation
        self.hasCheckpoint = hasCheckpoint
    }
}
