import Foundation
import Recipes
import Runs
import TerminalUI

/// The panes of the Train screen that hold words rather than curves.
extension TrainScreen {
    func drawEmpty(in area: Rect, of grid: inout CellGrid) {
        let inside = Frame(title: StyledText("Train", .title), isFocused: true).draw(in: area, of: &grid)
        let lines: [StyledText] = [
            StyledText("Nothing is training.", .title), "",
            StyledText("  2   ", .hint) + StyledText("write a recipe, then R to start"),
            StyledText("  5   ", .hint) + StyledText("open or resume an earlier run"),
        ]
        centre(lines, in: inside, of: &grid)
    }

    func drawStart(_ run: RunID, in area: Rect, of grid: inout CellGrid, _ context: ScreenContext) {
        let inside = Frame(title: StyledText("Train: starting", .title), isFocused: true).draw(in: area, of: &grid)
        let lines: [StyledText] = [
            StyledText(isLoading && phase == nil ? "Reading \(run)" : "Starting \(run)", .title), "",
            StyledText("  \(grid.glyphs.spinner(frame: context.frame))  ", .accent)
                + StyledText(snapshot?.detail ?? "reading"),
            "", StyledText("  Esc cancels. Other screens keep working.", .dim),
        ]
        centre(lines, in: inside, of: &grid)
    }

    private func centre(_ lines: [StyledText], in inside: Rect, of grid: inout CellGrid) {
        let top = inside.y + max(0, (inside.height - lines.count) / 3)
        let left = inside.x + min(6, max(0, (inside.width - 50) / 2))
        for (row, line) in lines.enumerated() where top + row < inside.maxY {
            grid.putFitting(line, x: left, y: top + row, width: max(0, inside.maxX - left))
        }
    }

    func drawConfig(in area: Rect, of grid: inout CellGrid) {
        let inside = Frame(
            title: StyledText("Recipe of \(shown?.rawValue ?? "")", .title), right: StyledText("i close", .hint),
            isFocused: true
        ).draw(in: area, of: &grid)
        TextView(text: StyledText(history.recipe), scroll: scroll).draw(in: inside, of: &grid)
    }

    func drawFailure(in area: Rect, of grid: inout CellGrid) {
        let inside = Frame(title: StyledText("What happened", .error)).draw(in: area, of: &grid)
        var text = snapshot?.outcome?.message ?? snapshot?.detail ?? "the run failed"
        if let good = history.checkpoints.last {
            text +=
                "\nlast good checkpoint: step \(good.step); r goes on from it, e on Recipe (2) changes what led here"
        }
        TextView(text: StyledText(text)).draw(in: inside, of: &grid)
    }

    func drawSamples(in area: Rect, of grid: inout CellGrid) {
        let prompts = samplePrompts
        let index = prompts.contains(samplePrompt) ? samplePrompt : prompts.first ?? 0
        let mine = history.samples.filter { $0.promptIndex == index }.sorted { $0.step > $1.step }
        let place = prompts.isEmpty ? "" : "[ ] prompt \((prompts.firstIndex(of: index) ?? 0) + 1)/\(prompts.count)"
        let inside = Frame(
            title: StyledText("Samples", .title), right: StyledText("P now  \(place)", .dim),
            isFocused: pane == .samples
        ).draw(in: area, of: &grid)
        guard let first = mine.first else {
            grid.putFitting(
                StyledText("No samples yet: evaluation.prompts in the recipe names prompts to try.", .dim), x: inside.x,
                y: inside.y, width: inside.width)
            return
        }
        var text = StyledText(first.prompt + "\n", .dim)
        for sample in mine {
            text += StyledText("step \(NumberText.grouped(sample.step))\n", .accent) + StyledText(sample.text + "\n")
        }
        TextView(text: text, scroll: pane == .samples ? scroll : 0).draw(in: inside, of: &grid)
    }

    func drawEvents(in area: Rect, of grid: inout CellGrid) {
        let inside = Frame(title: StyledText("Events", .title), isFocused: pane == .events).draw(in: area, of: &grid)
        var lines: [(step: Int, text: StyledText)] = history.notices.map { notice in
            let style: Style = notice.level == .error ? .error : notice.level == .warning ? .warn : .text
            return (notice.step, StyledText(notice.text, style))
        }
        lines += history.checkpoints.map { ($0.step, StyledText("checkpoint\($0.isBest ? ", best so far" : "")", .ok)) }
        lines += history.evaluations.map { evaluation in
            (
                evaluation.step,
                StyledText("eval \(NumberText.fixed(evaluation.loss, decimals: 4))\(evaluation.isBest ? " best" : "")")
            )
        }
        lines.sort { $0.step > $1.step }
        let first = pane == .events ? min(scroll, max(0, lines.count - inside.height)) : 0
        for (row, line) in lines.dropFirst(first).prefix(inside.height).enumerated() {
            grid.putFitting(
                StyledText("\(NumberText.grouped(line.step).paddedToCells(8))", .dim) + line.text, x: inside.x,
                y: inside.y + row,
                width: inside.width)
        }
        if lines.isEmpty {
            grid.putFitting(StyledText("nothing yet", .dim), x: inside.x, y: inside.y, width: inside.width)
        }
    }

    /// The card beside the chart on wide screens.
    func drawRun(in area: Rect, of grid: inout CellGrid, _ context: ScreenContext) {
        let inside = Frame(title: StyledText("Run", .title), right: StyledText("i config", .hint)).draw(
            in: area, of: &grid)
        let facts = snapshot?.facts
        let point = history.points.last
        let total = facts?.totalSteps ?? 0
        var rows: [(String, String)] = []
        rows.append(("run", shown?.rawValue ?? ""))
        rows.append(("state", phase?.rawValue ?? "kept"))
        if let recipe {
            rows.append(("model", recipe.model.split(separator: "/").last.map(String.init) ?? recipe.model))
            let method =
                recipe.method == .lora ? "LoRA r\(recipe.lora.r) α\(NumberText.significant(recipe.lora.alpha))" : "full"
            rows.append(("method", method))
            rows.append(("data", recipe.data.train.split(separator: "/").last.map(String.init) ?? recipe.data.train))
        }
        rows.append(("", ""))
        if let point {
            rows.append(("step", "\(NumberText.grouped(point.step)) / \(NumberText.grouped(total))"))
            rows.append(("epoch", NumberText.fixed(point.epoch, decimals: 2)))
            rows.append(
                (
                    "tokens",
                    "\(NumberText.compact(Double(point.tokens))), "
                        + "\(NumberText.compact(Double(point.trainedTokens))) trained"
                ))
            rows.append(("elapsed", NumberText.duration(seconds: point.elapsedSeconds)))
            if let left = snapshot?.secondsLeft { rows.append(("left", NumberText.duration(seconds: left))) }
            rows.append(("", ""))
            rows.append(("throughput", "\(NumberText.grouped(Int(point.tokensPerSecond.rounded()))) tok/s"))
            rows.append(("memory", NumberText.bytes(point.residentBytes)))
            rows.append(("train loss", NumberText.fixed(point.loss, decimals: 4)))
            rows.append(("lr", NumberText.scientific(point.learningRate)))
            rows.append(("grad norm", NumberText.significant(point.gradientNorm)))
        }
        if let evaluation = history.evaluations.last {
            rows.append(("eval loss", "\(NumberText.fixed(evaluation.loss, decimals: 4))  @\(evaluation.step)"))
        }
        if let best = history.checkpoints.last(where: \.isBest) { rows.append(("best ckpt", "step \(best.step)")) }
        if let facts {
            rows.append(
                (
                    "trainable",
                    "\(NumberText.compact(Double(facts.trainableParameters))) of "
                        + NumberText.compact(Double(facts.totalParameters))
                ))
            rows.append(
                (
                    "rows",
                    "\(NumberText.grouped(facts.trainRows)) + \(NumberText.grouped(facts.validationRows)) held out"
                ))
        }
        for (row, item) in rows.prefix(inside.height).enumerated() {
            grid.putFitting(
                StyledText(item.0.paddedToCells(11), .dim) + StyledText(item.1), x: inside.x + 1, y: inside.y + row,
                width: inside.width - 2)
        }
        if let point, total > 0, rows.count < inside.height {
            ProgressBar(fraction: Double(point.step) / Double(total), style: .accent)
                .draw(in: Rect(x: inside.x + 1, y: inside.maxY - 1, width: inside.width - 2, height: 1), of: &grid)
        }
    }
}
