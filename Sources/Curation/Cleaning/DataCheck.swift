public import Datasets
public import OrderedJSON

/// What is wrong with a set: what `data check` prints.
public struct DataCheck: Sendable, Equatable {
    public struct Finding: Sendable, Equatable {
        public let signal: Signal
        /// Indices of all rows that have it.
        public let rows: [Int]
        /// Lines of the first of them in the file, with the row each points to where there is one.
        public let examples: [String]
    }

    public let rowCount: Int
    public let findings: [Finding]
    /// Rows that could not be read at all.
    public let unreadable: [RowProblem]
    public let tokens: Int?
    public let trainedTokens: Int?
    public let mainLanguage: Language
    public let answersAreJSON: Bool

    public init(_ scan: SignalScan, examples: [Example], unreadable: [RowProblem] = []) {
        rowCount = examples.count
        self.unreadable = unreadable
        mainLanguage = scan.mainLanguage
        answersAreJSON = scan.norm.isJSON
        let tokens = scan.signals.compactMap(\.tokens)
        self.tokens = tokens.isEmpty ? nil : tokens.reduce(0, +)
        trainedTokens = tokens.isEmpty ? nil : scan.signals.compactMap(\.trainedTokens).reduce(0, +)
        findings = Signal.allCases.compactMap { signal in
            let rows = scan.signals.indices.filter { scan.signals[$0].flags.contains(signal) }
            guard !rows.isEmpty else { return nil }
            let shown = rows.prefix(5).map { Self.place($0, signal, scan.signals, examples) }
            return Finding(signal: signal, rows: rows, examples: shown)
        }
    }

    /// Rows with at least one finding.
    public var rowsWithFindings: Int {
        Set(findings.flatMap(\.rows)).count
    }

    public var asJSON: JSONValue {
        var members: JSONObject = [
            "rows": .integer(rowCount), "rows_with_findings": .integer(rowsWithFindings),
            "unreadable": .array(
                unreadable.map {
                    ["line": .integer($0.line), "kind": .string($0.kind.rawValue), "reason": .string($0.reason)]
                }),
            "language": .string(mainLanguage.rawValue), "answers_are_json": .bool(answersAreJSON),
        ]
        members["tokens"] = tokens.map { .integer($0) }
        members["trained_tokens"] = trainedTokens.map { .integer($0) }
        members["findings"] = .array(
            findings.map { finding in
                [
                    "signal": .string(finding.signal.rawValue), "title": .string(finding.signal.title),
                    "count": .integer(finding.rows.count), "rows": .array(finding.rows.map { .integer($0) }),
                ]
            })
        return .object(members)
    }

    /// The report for people, a line each.
    public var lines: [String] {
        var lines = ["\(rowCount) rows, \(rowsWithFindings) with findings"]
        if !unreadable.isEmpty {
            lines.append("\(unreadable.count) rows cannot be read:")
            lines += unreadable.prefix(5).map { "  \($0)" }
        }
        for finding in findings {
            let count = "\(finding.rows.count)"
            let padding = String(repeating: " ", count: max(0, 6 - count.count))
            let more = finding.rows.count > finding.examples.count ? ", …" : ""
            lines.append(
                "\(padding)\(count)  \(finding.signal.title): line \(finding.examples.joined(separator: ", "))\(more)")
        }
        return lines
    }

    private static func place(_ row: Int, _ signal: Signal, _ signals: [RowSignals], _ examples: [Example]) -> String {
        func line(_ index: Int) -> Int { examples.indices.contains(index) ? examples[index].line : index + 1 }
        let own = "\(line(row))"
        switch signal {
        case .duplicate: return signals[row].duplicateOf.map { "\(own) (of \(line($0)))" } ?? own
        case .nearDuplicate:
            let similarity = (signals[row].nearSimilarity * 100).rounded() / 100
            return signals[row].nearDuplicateOf.map { "\(own) (of \(line($0)), \(similarity))" } ?? own
        case .conflict: return signals[row].conflictsWith.map { "\(own) (with \(line($0)))" } ?? own
        case .pii:
            let kinds = PIIKind.allCases.filter { signals[row].pii.contains($0) }.map(\.rawValue)
            return "\(own) (\(kinds.joined(separator: ", ")))"
        case .otherLanguage: return "\(own) (\(signals[row].language.rawValue))"
        default: return own
        }
    }
}
