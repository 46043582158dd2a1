import Curation
import TerminalUI

/// Lengths of the rows of a view: quantiles, and how many rows lie in each power of two.
struct RowStatistics: Sendable {
    struct Histogram: Sendable {
        var title: String
        var summary: String
        /// Rows by bin; bin `n` holds values from 2^(n-1) on, bin 0 holds zeros.
        var bins: [Int: Int] = [:]

        init?(_ title: String, _ values: [Int]) {
            guard !values.isEmpty else { return nil }
            let sorted = values.sorted()
            func quantile(_ share: Double) -> String {
                NumberText.grouped(sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))])
            }
            self.title = title
            summary =
                "  min \(quantile(0))  p50 \(quantile(0.5))  p95 \(quantile(0.95))  max \(quantile(1))"
                + "  sum \(NumberText.grouped(sorted.reduce(0) { $0 &+ $1 }))"
            for value in values { bins[value <= 0 ? 0 : Int.bitWidth - value.leadingZeroBitCount, default: 0] += 1 }
        }
    }

    var heading: StyledText
    var histograms: [Histogram]
    var note: String?

    init(_ screen: DataScreen) {
        let signals = screen.shown.compactMap { screen.set.rows[$0].signals }
        let counts = screen.shown.compactMap { screen.measured.indices.contains($0) ? screen.measured[$0] : nil }
        let view = screen.filter.isEmpty ? " (all)" : " of the view \"\(screen.filter)\""
        heading = StyledText("\(NumberText.grouped(screen.shown.count)) rows", .title) + StyledText(view, .dim)
        histograms = [
            Histogram("tokens", counts.map(\.tokens)), Histogram("trained tokens", counts.map(\.trained)),
            Histogram("characters", signals.map(\.characters)),
            Histogram("characters of the answer", signals.map(\.answerCharacters)),
            Histogram("turns", signals.map(\.turns)),
        ].compactMap(\.self)
        if counts.isEmpty {
            note = screen.unmeasuredReason.map { "no token counts: \($0)" } ?? "tokens are still being counted"
        } else if counts.count < screen.shown.count {
            note = "tokens of \(NumberText.grouped(counts.count)) rows so far"
        }
    }

    func lines(width: Int) -> [StyledText] {
        var lines = [heading]
        if let note { lines.append(StyledText(note, .dim)) }
        for histogram in histograms {
            lines += ["", StyledText(histogram.title, Style(.title, .bold)) + StyledText(histogram.summary, .dim)]
            let largest = histogram.bins.values.max() ?? 1
            guard let low = histogram.bins.keys.min(), let high = histogram.bins.keys.max() else { continue }
            for bin in low...high {
                let count = histogram.bins[bin] ?? 0
                let from = bin == 0 ? "0" : NumberText.grouped(1 << (bin - 1))
                let cells = count == 0 ? 0 : max(1, (max(4, min(width - 26, 60)) * count) / largest)
                lines.append(
                    StyledText("\(from)…".paddedToCells(12, alignment: .right) + " ", .dim)
                        + StyledText(String(repeating: "█", count: cells), .accent)
                        + StyledText(" \(NumberText.grouped(count))", .dim))
            }
        }
        return lines
    }
}

extension DataScreen {
    mutating func makeStatistics() {
        needsStats = false
        guard case .stats(_, let scroll) = sheet else { return }
        sheet = .stats(RowStatistics(self), scroll: scroll)
    }
}
