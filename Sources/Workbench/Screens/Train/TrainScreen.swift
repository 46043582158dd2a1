import Foundation
import Recipes
import Runs
import TerminalUI

/// The live charts of a run, and of any run kept.
public struct TrainScreen: ScreenState {
    /// What the horizontal axis counts.
    enum Axis: Int, CaseIterable, Sendable {
        case step, tokens, time, epoch, logStep

        var title: String {
            switch self {
            case .step: "step"
            case .tokens: "tokens"
            case .time: "time"
            case .epoch: "epoch"
            case .logStep: "log step"
            }
        }
    }

    enum Pane: Int, CaseIterable, Sendable { case loss, samples, events }

    /// The run on screen: the live one, or one opened from Runs.
    var shown: RunID?
    var snapshot: RunSnapshot?
    var history = RunHistoryValue()
    /// Of the run shown; read once, since drawing asks for it with every picture.
    var recipe: Recipe?
    var overlay: (id: RunID, history: RunHistoryValue)?
    /// Whether the live run belongs to this process.
    public internal(set) var ownsRun = false
    var isLoading = false
    var problem: String?

    var series = TrainSeries()
    var overlaySeries = TrainSeries()
    var axis: Axis = .step
    var logY = false
    var clips = true
    var smoothing = 2
    var window: ClosedRange<Double>?
    var cursor: Double?
    var follows = true
    /// Steps marked by hand.
    var marks: [Int] = []
    var pane: Pane = .loss
    var isZoomed = false
    var showsConfig = false
    var samplePrompt = 0
    var scroll = 0

    public init() {}

    mutating func appear(_ context: ScreenContext) -> Effects {
        if shown == nil, let run = context.run { return open(run.id) }
        return []
    }

    /// Shows a run from its records.
    mutating func open(_ run: RunID) -> Effects {
        guard shown != run || history.points.isEmpty else { return [] }
        shown = run
        history = RunHistoryValue()
        recipe = nil
        series = TrainSeries()
        window = nil
        cursor = nil
        problem = nil
        isLoading = true
        return [.train(.load(run))]
    }

    /// Takes the newest state of the live run.
    mutating func follow(
        _ run: RunSnapshot?, isOwn: Bool, before: RunSnapshot?, _ context: ScreenContext
    ) -> Effects {
        ownsRun = isOwn && run != nil
        guard let run else { return [] }
        var effects: Effects = []
        if before?.id != run.id || shown == nil { effects = open(run.id) }
        if shown == run.id { snapshot = run }
        if let before, before.id == run.id, before.phase != run.phase {
            effects.append(contentsOf: announce(run))
        }
        return effects
    }

    private func announce(_ run: RunSnapshot) -> Effects {
        switch run.phase {
        case .finished:
            [.say(Notice(.done, "\(run.id) finished · 4 compares it with its base")), .runs(.list), .models(.list)]
        case .stopped: [.say(Notice(.info, "\(run.id) stopped and saved")), .runs(.list), .models(.list)]
        case .failed:
            [.say(Notice(.error, "\(run.id): \(run.outcome?.message ?? run.detail ?? "failed")")), .runs(.list)]
        case .paused: [.say(Notice(.info, "paused; the model stays loaded: 4 compares, P samples, p goes on"))]
        default: []
        }
    }

    mutating func receive(_ message: Message, _ context: ScreenContext) -> Effects {
        switch message {
        case .history(let run, let value):
            guard run == shown else { return [] }
            isLoading = false
            history = value
            recipe = Recipe.read(yaml: value.recipe).recipe
            rebuild()
        case .overlay(let run, let value):
            overlay = (run, value)
            overlaySeries = TrainSeries(value, axis: axis)
        case .events(let run, let events):
            guard run == shown else { return [] }
            for event in events { take(event) }
            if follows, let full = chart(context).fullRange() { window = ChartWindow.following(window, in: full) }
        case .failed(let text):
            isLoading = false
            problem = text
            return [.say(Notice(.error, text))]
        }
        return []
    }

    private mutating func take(_ event: RunEvent) {
        switch event {
        case .step(let point):
            // A resumed run makes steps again that were shown before it was killed.
            if let last = history.points.last, point.step <= last.step {
                history.points.removeAll { $0.step >= point.step }
                history.points.append(point)
                rebuild()
                return
            }
            history.points.append(point)
            series.append(point, axis: axis)
        case .evaluation(let point):
            history.evaluations.removeAll { $0.step >= point.step }
            history.evaluations.append(point)
            series.evaluations = TrainSeries.evaluations(history, axis: axis)
        case .sample(let sample):
            history.samples.removeAll { $0.step == sample.step && $0.promptIndex == sample.promptIndex }
            history.samples.append(sample)
        case .checkpoint(let checkpoint):
            history.checkpoints.removeAll { $0.path == checkpoint.path }
            if checkpoint.isBest {
                for index in history.checkpoints.indices { history.checkpoints[index].isBest = false }
            }
            history.checkpoints.append(checkpoint)
        case .checkpointRemoved(let path): history.checkpoints.removeAll { $0.path == path }
        case .notice(let notice): history.notices.append(notice)
        case .phase, .started, .ended: break
        }
    }

    mutating func rebuild() {
        series = TrainSeries(history, axis: axis)
        if let overlay { overlaySeries = TrainSeries(overlay.history, axis: axis) }
    }

    // MARK: Reading

    var phase: RunPhase? { snapshot?.id == shown ? snapshot?.phase : nil }
    var isLive: Bool { phase?.isLive == true }
    var weight: Double { Smoothing.presets[smoothing] }

    /// Prompts that have samples, in order.
    var samplePrompts: [Int] { Array(Set(history.samples.map(\.promptIndex))).sorted() }

    func chart(_ context: ScreenContext) -> LineChart {
        let name = shown?.rawValue ?? ""
        var lines = [
            ChartSeries(name: name, marker: "A", role: .series1, data: series.loss)
        ]
        if let overlay {
            lines.append(ChartSeries(name: overlay.id.rawValue, marker: "B", role: .series2, data: overlaySeries.loss))
        }
        if !series.evaluations.isEmpty {
            lines.append(ChartSeries(name: "eval", marker: "E", role: .series3, data: series.evaluations, smoothing: 0))
        }
        var chart = LineChart(series: lines, smoothing: weight)
        chart.logY = logY
        chart.logX = axis == .logStep
        chart.clips = clips
        chart.window = window
        chart.cursor = cursor
        chart.marks = eventMarks(context)
        chart.emptyText = StyledText(isLoading ? "reading the run…" : "the first step is on its way", .dim)
        if axis == .time { chart.xLabel = { NumberText.duration(seconds: $0) } }
        return chart
    }

    private func eventMarks(_ context: ScreenContext) -> [ChartMark] {
        let byHand = marks.compactMap { step in
            history.points.first { $0.step == step }
                .map { ChartMark(x: TrainSeries.x($0, axis), glyph: "m", label: "mark", style: .mark) }
        }
        let saved = history.checkpoints.compactMap { checkpoint in
            history.points.last { $0.step <= checkpoint.step }
                .map { ChartMark(x: TrainSeries.x($0, axis), glyph: checkpoint.isBest ? "*" : "c", style: .accent) }
        }
        return saved + byHand
    }

    public static func == (left: TrainScreen, right: TrainScreen) -> Bool {
        left.shown == right.shown && left.history == right.history
    }
}
