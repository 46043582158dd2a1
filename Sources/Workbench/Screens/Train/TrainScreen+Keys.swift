import Foundation
import Recipes
import Runs
import TerminalUI

extension TrainScreen {
    enum Action: Sendable {
        case pauseOrResume, checkpoint, sample, stop, edit, evaluationInterval, resume
        case smoother, rougher, nextAxis, logY, clip, zoomIn, zoomOut, fit
        case left, right, farLeft, farRight, follow, overlay, mark, config, nextPane, zoomPane
        case nextTab, previousTab, up, down
    }

    private static let needsLive: @Sendable (TrainScreen) -> String? = { screen in
        screen.isLive ? nil : "nothing is training here: 2 starts a run, r goes on with a stopped one"
    }

    private static let needsChart: @Sendable (TrainScreen) -> String? = { screen in
        screen.history.points.isEmpty ? "no points to show yet" : nil
    }

    static let keys = KeyTable<TrainScreen, Action>([
        KeyBinding(
            "p", id: "pause", title: "pause or go on (the model stays loaded; you can sample and compare)",
            hint: Hint("pause", long: "pause", rank: 1), action: .pauseOrResume, refusal: needsLive),
        KeyBinding(
            "C", id: "checkpoint", title: "checkpoint now", hint: Hint("ckpt", long: "checkpoint", rank: 3),
            action: .checkpoint, refusal: needsLive),
        KeyBinding(
            "P", id: "sample", title: "sample the fixed prompts now", hint: Hint("sample", long: "sample", rank: 4),
            action: .sample, refusal: needsLive),
        KeyBinding(
            "e", id: "edit", title: "change the learning rate from the next step on",
            hint: Hint("lr", long: "edit lr", rank: 5), action: .edit, refusal: needsLive),
        KeyBinding(
            "E", id: "interval", title: "change how often the held-out loss is measured", action: .evaluationInterval,
            refusal: needsLive),
        KeyBinding(
            "T", id: "stop", title: "stop: finish the step and save, or abort",
            hint: Hint("stop", long: "stop…", rank: 2),
            action: .stop, refusal: needsLive),
        KeyBinding(
            "r", id: "resume", title: "go on from the last checkpoint", hint: Hint("resume", long: "resume", rank: 6),
            action: .resume,
            refusal: { screen in
                if screen.isLive { return "resume needs a stopped run; this one is training" }
                return screen.history.checkpoints.isEmpty ? "this run has no checkpoint to go on from" : nil
            }),
        KeyBinding(
            "s", id: "smoother", title: "smooth more", hint: Hint("smooth", long: "smooth", rank: 7, keys: "s S"),
            action: .smoother),
        KeyBinding("S", id: "rougher", title: "smooth less", action: .rougher),
        KeyBinding(
            "X", id: "axis", title: "x axis: step, tokens, time, epoch, log step",
            hint: Hint("axes", long: "axes", rank: 8, keys: "X Y"), action: .nextAxis),
        KeyBinding("Y", id: "log", title: "logarithmic y axis", action: .logY),
        KeyBinding(
            "c", id: "clip", title: "clip outliers, or show them all", hint: Hint("clip", long: "clip", rank: 9),
            action: .clip),
        KeyBinding(
            "+", "=", id: "zoom-in", title: "zoom in", hint: Hint("zoom", long: "zoom", rank: 10, keys: "+ - 0"),
            action: .zoomIn, refusal: needsChart),
        KeyBinding("-", id: "zoom-out", title: "zoom out", action: .zoomOut, refusal: needsChart),
        KeyBinding("0", id: "fit", title: "show the whole run", action: .fit),
        KeyBinding(
            .left, "h", id: "left", title: "cursor left", hint: Hint("cursor", long: "cursor", rank: 11, keys: "h l"),
            action: .left, refusal: needsChart),
        KeyBinding(.right, "l", id: "right", title: "cursor right", action: .right, refusal: needsChart),
        KeyBinding("H", id: "far-left", title: "cursor far left", action: .farLeft, refusal: needsChart),
        KeyBinding("L", id: "far-right", title: "cursor far right", action: .farRight, refusal: needsChart),
        KeyBinding("f", id: "follow", title: "follow the newest step", action: .follow),
        KeyBinding("m", id: "mark", title: "mark the step under the cursor", action: .mark, refusal: needsChart),
        KeyBinding(
            "a", id: "overlay", title: "take the overlaid run away (5 Runs: Space marks two, Enter overlays)",
            action: .overlay),
        KeyBinding("i", id: "config", title: "the run's recipe", action: .config),
        KeyBinding(.tab, id: "pane", title: "next pane: loss, samples, events", action: .nextPane),
        KeyBinding("z", id: "zoom-pane", title: "one pane over the whole screen, and back", action: .zoomPane),
        KeyBinding("]", ">", id: "next-tab", title: "next prompt among the samples", action: .nextTab),
        KeyBinding("[", "<", id: "previous-tab", title: "previous prompt among the samples", action: .previousTab),
        KeyBinding(.down, "j", id: "down", title: "scroll down", action: .down),
        KeyBinding(.up, "k", id: "up", title: "scroll up", action: .up),
    ])

    mutating func perform(_ action: Action, _ context: ScreenContext) -> Effects {
        switch action {
        case .pauseOrResume:
            return command(phase == .paused ? .resume : .pause)
        case .checkpoint: return command(.checkpoint) + [.say(Notice(.info, "checkpoint after this step"))]
        case .sample: return command(.sample) + [.say(Notice(.info, "sampling after this step"))]
        case .stop: return stopQuestion()
        case .edit:
            let rate = history.points.last?.learningRate ?? recipe?.optimizer.learningRate ?? 0
            return [
                .prompt(
                    Prompt(
                        .learningRate, title: "peak learning rate", text: NumberText.scientific(rate),
                        hint: "such as 1e-4"))
            ]
        case .evaluationInterval:
            return [
                .prompt(Prompt(.evaluationInterval, title: "evaluate every … steps", hint: "such as 20; 0: at the end"))
            ]
        case .resume: return shown.map { [.runs(.resume($0))] } ?? []
        case .smoother: smoothing = min(smoothing + 1, Smoothing.presets.count - 1)
        case .rougher: smoothing = max(smoothing - 1, 0)
        case .nextAxis:
            axis = Axis(rawValue: (axis.rawValue + 1) % Axis.allCases.count) ?? .step
            window = nil
            cursor = nil
            rebuild()
        case .logY: logY.toggle()
        case .clip: clips.toggle()
        case .zoomIn: zoom(by: 0.5, context)
        case .zoomOut: zoom(by: 2, context)
        case .fit:
            window = nil
            cursor = nil
            follows = true
        case .left: moveCursor(-1, context)
        case .right: moveCursor(1, context)
        case .farLeft: moveCursor(-10, context)
        case .farRight: moveCursor(10, context)
        case .follow:
            follows.toggle()
            if follows { cursor = nil }
        case .overlay: overlay = nil
        case .mark: mark(context)
        case .config: showsConfig.toggle()
        case .nextPane:
            pane = Pane(rawValue: (pane.rawValue + 1) % Pane.allCases.count) ?? .loss
            scroll = 0
        case .zoomPane: isZoomed.toggle()
        case .nextTab: turnPrompt(1)
        case .previousTab: turnPrompt(-1)
        case .down: scroll += 1
        case .up: scroll = max(0, scroll - 1)
        }
        return []
    }

    private func command(_ command: RunCommand) -> Effects {
        shown.map { [.train(.command($0, command))] } ?? []
    }

    private func stopQuestion() -> Effects {
        guard let shown else { return [] }
        let since = (history.points.last?.step ?? 0) - (history.checkpoints.last?.step ?? 0)
        return [
            .ask(
                Question(
                    title: "Stop \(shown)?", lines: ["last checkpoint \(since) steps ago"],
                    choices: [
                        .init("s", "finish this step, save a checkpoint and the adapter", effects: command(.stop)),
                        .init("a", "abort now, lose \(since) steps", effects: command(.abort)),
                    ]))
        ]
    }

    mutating func back(_ context: ScreenContext) -> Effects {
        if showsConfig {
            showsConfig = false
        } else if isZoomed {
            isZoomed = false
        } else if cursor != nil {
            cursor = nil
        } else if phase == .preparing, let shown {
            return [.train(.cancelStart(shown))]
        } else {
            window = nil
        }
        return []
    }

    mutating func answer(_ purpose: Prompt.Purpose, _ text: String?, _ context: ScreenContext) -> Effects {
        guard let text, let shown else { return [] }
        let trimmed = text.trimmingCharacters(in: .whitespaces)
        switch purpose {
        case .learningRate:
            guard let rate = Double(trimmed), rate.isFinite, rate >= 0, rate <= 1 else {
                return [
                    .say(Notice(.error, "'\(trimmed)' is no learning rate; write a number from 0 to 1, such as 1e-4"))
                ]
            }
            return [
                .train(.command(shown, .setLearningRate(rate))),
                .say(Notice(.done, "peak learning rate \(NumberText.scientific(rate)) from the next step on")),
            ]
        case .evaluationInterval:
            guard let steps = Int(trimmed), steps >= 0 else {
                return [.say(Notice(.error, "'\(trimmed)' is no number of steps; write 20, or 0 for only at the end"))]
            }
            return [
                .train(.command(shown, .setEvaluationInterval(steps))),
                .say(Notice(.done, "held-out loss every \(steps) steps")),
            ]
        default: return []
        }
    }

    // MARK: Chart movements

    private mutating func zoom(by factor: Double, _ context: ScreenContext) {
        guard let full = chart(context).fullRange() else { return }
        window = ChartWindow.zoomed(window ?? full, by: factor, around: cursor, in: full)
    }

    private mutating func moveCursor(_ columns: Int, _ context: ScreenContext) {
        let width = max(10, context.width - 10)
        cursor = chart(context).movedCursor(by: columns, width: width)
        follows = false
    }

    private mutating func mark(_ context: ScreenContext) {
        let point =
            cursor.flatMap { at in
                history.points.min { abs(TrainSeries.x($0, axis) - at) < abs(TrainSeries.x($1, axis) - at) }
            }
            ?? history.points.last
        guard let step = point?.step else { return }
        if let index = marks.firstIndex(of: step) { marks.remove(at: index) } else { marks.append(step) }
    }

    private mutating func turnPrompt(_ step: Int) {
        let prompts = samplePrompts
        guard !prompts.isEmpty else { return }
        let at = prompts.firstIndex(of: samplePrompt) ?? 0
        samplePrompt = prompts[(at + step + prompts.count) % prompts.count]
        scroll = 0
    }

    var copyText: String? {
        guard let last = history.points.last, let shown else { return nil }
        return "\(shown) step \(last.step) loss \(last.loss) lr \(last.learningRate)"
    }
}
