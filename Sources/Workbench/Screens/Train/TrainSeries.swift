import Runs
import TerminalUI

/// A run's points as columns for the charts, against the axis chosen.
struct TrainSeries: Sendable {
    var loss = SeriesBuffer()
    var learningRate = SeriesBuffer()
    var gradientNorm = SeriesBuffer()
    var throughput = SeriesBuffer()
    var evaluations = SeriesBuffer()

    init() {}

    init(_ history: RunHistoryValue, axis: TrainScreen.Axis) {
        for point in history.points { append(point, axis: axis) }
        evaluations = Self.evaluations(history, axis: axis)
    }

    mutating func append(_ point: MetricPoint, axis: TrainScreen.Axis) {
        let x = Self.x(point, axis)
        loss.append(x: x, y: point.loss)
        learningRate.append(x: x, y: point.learningRate)
        gradientNorm.append(x: x, y: point.gradientNorm)
        throughput.append(x: x, y: point.tokensPerSecond)
    }

    static func x(_ point: MetricPoint, _ axis: TrainScreen.Axis) -> Double {
        switch axis {
        case .step, .logStep: Double(point.step)
        case .tokens: Double(point.tokens)
        case .time: point.elapsedSeconds
        case .epoch: point.epoch
        }
    }

    /// An evaluation stands at the step it was made after; other axes take that step's place.
    static func evaluations(_ history: RunHistoryValue, axis: TrainScreen.Axis) -> SeriesBuffer {
        var buffer = SeriesBuffer()
        for evaluation in history.evaluations {
            if axis == .step || axis == .logStep {
                buffer.append(x: Double(evaluation.step), y: evaluation.loss)
            } else if let point = history.points.last(where: { $0.step <= evaluation.step }) {
                buffer.append(x: x(point, axis), y: evaluation.loss)
            } else {
                buffer.append(x: 0, y: evaluation.loss)
            }
        }
        return buffer
    }
}
