import Curation
import CursesDriver
import Evaluation
import Foundation
import Runs
import Statistics
import TerminalUI
import Training

/// What the demo prints at the end: figures with their intervals, curves as text, and a few pairs of answers.
struct DemoReport {
    private let findings: DemoFindings
    private let glyphs: GlyphSet
    private let isUTF8: Bool
    private let width = 78

    init(_ findings: DemoFindings) {
        self.findings = findings
        isUTF8 = TerminalAbilities.query().isUTF8
        glyphs = isUTF8 ? .braille : .ascii
    }

    var lines: [String] {
        (["", title("Report")] + data + training + scores + pairs + [closing]).map { line in
            String(line.reversed().drop { $0 == " " }.reversed())
        }
    }

    private func title(_ text: String) -> String {
        let line = isUTF8 ? "─" : "-"
        return "\(line)\(line) \(text) " + String(repeating: line, count: max(0, width - text.count - 4))
    }

    private var data: [String] {
        [
            "data       \(findings.check.rowsWithFindings) of \(findings.rowsBefore) rows had a flaw of "
                + "\(findings.check.findings.count) kinds; \(findings.rowsAfter) rows are left after \(findings.acts.count) acts, "
                + "each of which undo takes back"
        ]
    }

    // MARK: Training

    private var training: [String] {
        let run = findings.curated
        var lines = ["", title("Training on the curated set"), run.line]
        if let planned = findings.plan.time {
            lines.append(
                "planned \(NumberText.duration(seconds: planned.seconds)), took \(NumberText.duration(seconds: run.seconds))"
            )
        }
        for notice in run.notices where notice.level != .info { lines.append("  step \(notice.step): \(notice.text)") }
        var series = [
            ChartSeries(
                name: "training loss", marker: "t", role: .series1,
                data: SeriesBuffer(xs: run.points.map { Double($0.step) }, ys: run.points.map(\.loss)), smoothing: 0.9)
        ]
        if !run.evaluations.isEmpty {
            series.append(
                ChartSeries(
                    name: "held-out loss", marker: "h", role: .series2,
                    data: SeriesBuffer(xs: run.evaluations.map { Double($0.step) }, ys: run.evaluations.map(\.loss)),
                    smoothing: 0))
        }
        lines += chart("loss by step: t training (smoothed), h held out", series, height: 14, showsRaw: false)
        let rates = ChartSeries(
            name: "learning rate", marker: "r", role: .series3,
            data: SeriesBuffer(xs: run.points.map { Double($0.step) }, ys: run.points.map { $0.learningRate * 1000 }))
        return lines + chart("learning rate by step, in thousandths", [rates], height: 7, showsRaw: true)
    }

    private func chart(_ name: String, _ series: [ChartSeries], height: Int, showsRaw: Bool) -> [String] {
        var grid = CellGrid(width: width, height: height, glyphs: glyphs)
        var chart = LineChart(series: series)
        chart.showsRaw = showsRaw
        chart.showsEndMarkers = series.count > 1
        let summary = chart.draw(in: grid.bounds, of: &grid)
        let clipped = summary.clippedAbove + summary.clippedBelow > 0 ? summary.clipText(glyphs) : ""
        return ["", name + (clipped.isEmpty ? "" : "  (\(clipped))")]
            + grid.trimmedText().split(separator: "\n").map(String.init)
    }

    // MARK: Scores

    private var scores: [String] {
        let count = findings.base.answers.count
        var lines = [
            "", title("Held-out messages answered exactly as wanted (\(count), greedy)"),
            row("base", findings.base), row("curated", findings.tuned),
        ]
        if let uncurated = findings.uncurated { lines.append(row("uncurated", uncurated.result)) }
        lines.append("intervals hold the true share with 95 % confidence (Clopper and Pearson)")
        lines.append("curated against base: \(Self.paired(findings.base.paired(with: findings.tuned)))")
        if let uncurated = findings.uncurated {
            lines.append("curated against uncurated: \(Self.paired(uncurated.result.paired(with: findings.tuned)))")
        }
        let fields = findings.tuned.fields
        if !fields.isEmpty {
            lines.append("")
            lines.append(
                "field by field".paddedToCells(16) + "base".paddedToCells(10) + "curated".paddedToCells(10)
                    + (findings.uncurated == nil ? "" : "uncurated"))
            for (place, field) in fields.enumerated() {
                lines.append(
                    "  " + field.name.paddedToCells(14)
                        + Self.percent(findings.base.fields[place].share).paddedToCells(10)
                        + Self.percent(field.share).paddedToCells(10)
                        + (findings.uncurated.map { Self.percent($0.result.fields[place].share) } ?? ""))
            }
        }
        return lines
    }

    private func row(_ name: String, _ result: SuiteResult) -> String {
        let share = result.exact.share ?? 0
        let interval = result.exact.interval()
        let full = isUTF8 ? "█" : "#"
        let filled = Int((share * 30).rounded())
        let bar = String(repeating: full, count: filled) + String(repeating: isUTF8 ? "·" : ".", count: 30 - filled)
        return "\(name.paddedToCells(10)) \(bar) \(NumberText.percent(share, decimals: 1).paddedToCells(8)) "
            + "\(NumberText.percent(interval.lowerBound, decimals: 1)) to \(NumberText.percent(interval.upperBound, decimals: 1))"
    }

    private static func percent(_ share: Binomial) -> String { NumberText.percent(share.share ?? 0, decimals: 1) }

    private static func paired(_ outcomes: PairedOutcomes) -> String {
        let value = outcomes.pValue
        return "\(outcomes.onlySecond) won, \(outcomes.onlyFirst) lost, exact paired test p "
            + (value < 0.0001 ? "< 0.0001" : "= \(NumberText.fixed(value, decimals: 4))")
    }

    // MARK: Pairs

    private var pairs: [String] {
        let both = zip(findings.base.answers, findings.tuned.answers).filter { $0.text != $1.text }
        let stride = max(1, both.count / 3)
        let chosen = Swift.stride(from: 0, to: both.count, by: stride).prefix(3).map { both[$0] }
        guard !chosen.isEmpty else { return ["", "Base and adapter gave the same answers throughout."] }
        var lines = ["", title("Judge for yourself: which answer is better?")]
        var key: [String] = []
        for (number, pair) in chosen.enumerated() {
            // Sides by the row's line, so that they are mixed and yet the same in every run.
            let baseIsA = (pair.0.item.line &* 2_654_435_761) >> 7 & 1 == 0
            lines.append("\(number + 1)  \(shown(pair.0.item.question))")
            lines.append("   A  \(shown(baseIsA ? pair.0.text : pair.1.text))")
            lines.append("   B  \(shown(baseIsA ? pair.1.text : pair.0.text))")
            key.append("\(number + 1) \(baseIsA ? "B" : "A")")
        }
        return lines + ["The adapter wrote \(key.joined(separator: ", ")); the base the others."]
    }

    private func shown(_ text: String) -> String { DataShow.oneLine(text, 160) }

    private var closing: String {
        let base = findings.base.exact.share ?? 0
        let tuned = findings.tuned.exact.share ?? 0
        var line =
            "\nExact match from \(NumberText.percent(base, decimals: 1)) to \(NumberText.percent(tuned, decimals: 1)) "
            + "with \(NumberText.duration(seconds: findings.curated.seconds)) of training"
        if let uncurated = findings.uncurated {
            line += "; without curation \(NumberText.percent(uncurated.result.exact.share ?? 0, decimals: 1))"
        }
        return line + ". The whole loop took \(NumberText.duration(seconds: findings.seconds))."
    }
}
