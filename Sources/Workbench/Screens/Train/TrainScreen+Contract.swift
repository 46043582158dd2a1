public import Runs

extension TrainScreen {
    public enum Message: Sendable {
        /// Everything recorded of the run shown, when it is opened or resumed.
        case history(RunID, RunHistoryValue)
        /// What the live run said since the last time, in order.
        case events(RunID, [RunEvent])
        /// Another run to lay over the chart.
        case overlay(RunID, RunHistoryValue)
        case failed(String)
    }

    public enum Effect: Sendable, Equatable {
        /// For the live run, of whichever process.
        case command(RunID, RunCommand)
        /// Answered by `history`.
        case load(RunID)
        /// Answered by `overlay`.
        case loadOverlay(RunID)
        /// Cancels a start that is still preparing.
        case cancelStart(RunID)
    }
}

/// What the charts need of a run: a value the runner makes from the records.
public struct RunHistoryValue: Sendable, Equatable {
    public var points: [MetricPoint]
    public var evaluations: [EvaluationPoint]
    public var samples: [SampleText]
    public var checkpoints: [CheckpointRecord]
    public var notices: [RunNotice]
    /// The recipe as YAML.
    public var recipe: String
    public init(
        points: [MetricPoint] = [], evaluations: [EvaluationPoint] = [], samples: [SampleText] = [],
        checkpoints: [CheckpointRecord] = [], notices: [RunNotice] = [], recipe: String = ""
    ) {
        self.points = points
        self.evaluations = evaluations
        self.samples = samples
        self.checkpoints = checkpoints
        self.notices = notices
        self.recipe = recipe
    }
}
