import Foundation
import Recipes
import Runs
import TerminalUI

extension TrainScreen {
    var position: String {
        guard let step = history.points.last?.step else { return "" }
        guard let total = snapshot?.facts?.totalSteps else { return "step \(NumberText.grouped(step))" }
        return "step \(NumberText.grouped(step))/\(NumberText.grouped(total))"
    }

    var summary: String {
        if let problem { return problem }
        var parts: [String] = []
        if let evaluation = history.evaluations.last {
            let best = evaluation.isBest ? " (best)" : ""
            parts.append("eval \(NumberText.fixed(evaluation.loss, decimals: 3)) at step \(evaluation.step)\(best)")
        }
        if let checkpoint = history.checkpoints.last { parts.append("checkpoint \(checkpoint.step) saved") }
        if let detail = snapshot?.detail, phase != .training { parts.append(detail) }
        return parts.joined(separator: " · ")
    }

    func draw(in area: Rect, of grid: inout CellGrid, _ context: ScreenContext) -> CellPosition? {
        guard let shown else {
            drawEmpty(in: area, of: &grid)
            return nil
        }
        if history.points.isEmpty, phase == .preparing || isLoading {
            drawStart(shown, in: area, of: &grid, context)
            return nil
        }
        if showsConfig {
            drawConfig(in: area, of: &grid)
            return nil
        }
        let isSmall = area.width < 80 || area.height < 17
        if isZoomed || isSmall {
            draw(pane, in: drawFacts(in: area, of: &grid), of: &grid, context)
        } else if area.width >= 120, area.height >= 33 {
            drawWide(in: area, of: &grid, context)
        } else {
            drawNormal(in: area, of: &grid, context)
        }
        return nil
    }

    // MARK: Arrangements

    private func drawNormal(in area: Rect, of grid: inout CellGrid, _ context: ScreenContext) {
        let rest = drawFacts(in: area, of: &grid)
        let small = max(5, min(7, rest.height / 3))
        if pane == .loss, phase != .failed {
            drawLoss(in: rest.removing(bottom: small), of: &grid, context)
        } else if phase == .failed, pane == .loss {
            drawLoss(in: rest.removing(bottom: small), of: &grid, context)
            drawFailure(in: Rect(x: rest.x, y: rest.maxY - small, width: rest.width, height: small), of: &grid)
            return
        } else {
            draw(pane, in: rest.removing(bottom: small), of: &grid, context)
        }
        let bottom = Rect(x: rest.x, y: rest.maxY - small, width: rest.width, height: small)
        let halves = bottom.columns([.rest, .rest])
        drawRate(in: halves[0], of: &grid)
        drawNorm(in: halves[1], of: &grid)
    }

    private func drawWide(in area: Rect, of grid: inout CellGrid, _ context: ScreenContext) {
        let rows = area.rows([.flexible(weight: 5, minimum: 16), .fixed(9), .flexible(weight: 3, minimum: 7)])
        let top = rows[0].columns([.rest, .fixed(44)])
        drawLoss(in: top[0], of: &grid, context)
        drawRun(in: top[1], of: &grid, context)
        let charts = rows[1].columns([.rest, .rest, .rest, .rest])
        drawRate(in: charts[0], of: &grid)
        drawNorm(in: charts[1], of: &grid)
        drawThroughput(in: charts[2], of: &grid)
        drawEvaluations(in: charts[3], of: &grid)
        let texts = rows[2].columns([.rest, .rest])
        if phase == .failed { drawFailure(in: texts[0], of: &grid) } else { drawSamples(in: texts[0], of: &grid) }
        drawEvents(in: texts[1], of: &grid)
    }

    private func draw(_ pane: Pane, in area: Rect, of grid: inout CellGrid, _ context: ScreenContext) {
        switch pane {
        case .loss: drawLoss(in: area, of: &grid, context)
        case .samples: drawSamples(in: area, of: &grid)
        case .events: drawEvents(in: area, of: &grid)
        }
    }

    /// One line of numbers; returns what is left below it.
    private func drawFacts(in area: Rect, of grid: inout CellGrid) -> Rect {
        grid.putFitting(StyledText(" \(factsLine)"), x: area.x, y: area.y, width: area.width)
        return area.removing(top: 1)
    }

    private var factsLine: String {
        var parts = [shown?.rawValue ?? ""]
        if let point = history.points.last {
            if let epochs = snapshot?.facts?.epochs {
                parts.append("ep \(NumberText.fixed(point.epoch, decimals: 2))/\(NumberText.significant(epochs))")
            }
            parts.append("\(NumberText.compact(Double(point.tokens))) tok")
            parts.append("\(NumberText.grouped(Int(point.tokensPerSecond.rounded()))) tok/s")
            parts.append("mem \(NumberText.bytes(point.residentBytes))")
        }
        if phase == .training, let left = snapshot?.secondsLeft {
            parts.append("eta \(NumberText.duration(seconds: left))")
        } else if let phase {
            parts.append(phase.rawValue)
        }
        return parts.joined(separator: "  ")
    }

    // MARK: Charts

    private func drawLoss(in area: Rect, of grid: inout CellGrid, _ context: ScreenContext) {
        let chart = chart(context)
        let summary = chart.summary(in: area.inset(by: 1), glyphs: grid.glyphs)
        let ema = weight == 0 ? "off" : String(NumberText.fixed(weight, decimals: 2).dropFirst())
        var right = "ema \(ema) · x \(axis.title) · y \(logY ? "log" : "lin")"
        right += clips ? " · \(summary.clipText(grid.glyphs))" : " · unclipped"
        if follows { right += " · follow" }
        var title = StyledText("loss", .title)
        if let overlay {
            title +=
                StyledText("  A \(shown?.rawValue ?? "")", Style(.series1))
                + StyledText("  B \(overlay.id)", Style(.series2))
        }
        let inside = Frame(title: title, right: StyledText(right, .dim), isFocused: pane == .loss).draw(
            in: area, of: &grid)
        let drawn = chart.draw(in: inside, of: &grid)
        drawReadout(chart, drawn, in: inside, of: &grid)
    }

    /// Numbers in the upper right corner, where a falling curve leaves room.
    private func drawReadout(_ chart: LineChart, _ drawn: ChartSummary, in inside: Rect, of grid: inout CellGrid) {
        guard inside.width >= 60, inside.height >= 7, let last = history.points.last else { return }
        var lines: [StyledText] = []
        if let cursor {
            for reading in chart.readings(at: cursor) {
                lines.append(
                    StyledText("\(reading.marker) ", Style(reading.role))
                        + StyledText("raw \(number(reading.raw))  smoothed \(number(reading.smoothed))"))
            }
            if let point = history.points.min(by: {
                abs(TrainSeries.x($0, axis) - cursor) < abs(TrainSeries.x($1, axis) - cursor)
            }) {
                lines.append(
                    StyledText(
                        "step \(NumberText.grouped(point.step)) · \(NumberText.compact(Double(point.tokens))) tok · "
                            + NumberText.duration(seconds: point.elapsedSeconds), .dim))
            }
        } else {
            let smoothed =
                Smoothing.exponential(history.points.suffix(2000).map(\.loss), weight: weight).last ?? last.loss
            lines.append(StyledText("raw      \(number(last.loss))"))
            lines.append(StyledText("smoothed \(number(smoothed))"))
            if let evaluation = history.evaluations.last {
                lines.append(StyledText("eval     \(number(evaluation.loss))  @\(NumberText.grouped(evaluation.step))"))
            }
        }
        if drawn.nonFinite > 0 {
            lines.append(
                StyledText(
                    "\(grid.glyphs.nonFinite) \(drawn.nonFinite) step\(drawn.nonFinite == 1 ? "" : "s") not finite",
                    .error))
        }
        let width = lines.map(\.width).max() ?? 0
        for (row, line) in lines.prefix(inside.height - 3).enumerated() {
            grid.putFitting(line, x: inside.maxX - width - 1, y: inside.y + row, width: width)
        }
    }

    private func number(_ value: Double) -> String {
        value.isFinite ? NumberText.fixed(value, decimals: 3) : value.isNaN ? "NaN" : "Inf"
    }

    private func small(
        _ title: String, _ right: String, _ data: SeriesBuffer, _ role: Role, in area: Rect, of grid: inout CellGrid
    ) {
        let inside = Frame(title: StyledText(title, .title), right: StyledText(right, .dim)).draw(in: area, of: &grid)
        var chart = LineChart(series: [ChartSeries(name: title, role: role, data: data)])
        chart.showsAxes = false
        chart.showsRaw = false
        chart.showsEndMarkers = false
        chart.window = window
        chart.cursor = cursor
        chart.draw(in: inside, of: &grid)
    }

    private func drawRate(in area: Rect, of grid: inout CellGrid) {
        let peak = history.points.map(\.learningRate).max() ?? 0
        let now = history.points.last?.learningRate ?? 0
        small(
            "lr", "\(NumberText.scientific(peak, decimals: 1)) → \(NumberText.scientific(now))", series.learningRate,
            .series4,
            in: area, of: &grid)
    }

    private func drawNorm(in area: Rect, of grid: inout CellGrid) {
        let limit = recipe?.optimizer.maxGradNorm ?? 0
        var right = history.points.last.map { NumberText.significant($0.gradientNorm) } ?? ""
        if limit > 0, !history.points.isEmpty {
            let clipped = history.points.count { $0.gradientNorm > limit }
            right =
                "max \(NumberText.significant(limit))  "
                + "clipped \(NumberText.percent(Double(clipped) / Double(history.points.count)))"
        }
        small("grad norm", right, series.gradientNorm, .series5, in: area, of: &grid)
    }

    private func drawThroughput(in area: Rect, of grid: inout CellGrid) {
        let now = history.points.last.map { NumberText.grouped(Int($0.tokensPerSecond.rounded())) } ?? ""
        small("tokens/s", now, series.throughput, .series6, in: area, of: &grid)
    }

    private func drawEvaluations(in area: Rect, of grid: inout CellGrid) {
        let best = history.evaluations.filter { $0.loss.isFinite }.min { $0.loss < $1.loss }
        let right = best.map { "\(number($0.loss)) best @\($0.step)" } ?? "none yet"
        small("eval loss", right, series.evaluations, .series3, in: area, of: &grid)
    }
}
