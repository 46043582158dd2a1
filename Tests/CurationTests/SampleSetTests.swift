import Foundation
import Testing

@testable import Curation
@testable import Datasets

/// The committed triage set: its README lists every planted flaw with its lines.
@Suite(.enabled(if: SampleSet.exists, "sample-data/triage.jsonl is not in the repository"))
struct SampleSetTests {
    private static let expectedRules: [String: Set<Signal>] = [
        "another language": [.otherLanguage], "answer in prose": [.badJSON],
        "contradictory label": [.conflict, .nearDuplicate],
        "cut answer": [.cut], "empty answer": [.empty], "exact duplicate": [.duplicate],
        "key order changed": [.otherKeys],
        "near duplicate": [.nearDuplicate, .duplicate], "over-long row": [.overLong], "unknown label": [.suspectLabel],
        "hidden characters": [.hidden], "personal data": [.pii],
    ]

    @Test func cleaningFindsEveryPlantedFlawByItsRuleAndNothingElse() throws {
        let rows = try DatasetFile.read(path: SampleSet.folder + "triage.jsonl")
        let planted = try SampleSet.plantedFlaws()
        try #require(planted.count >= 10)
        let plan = SignalScan.scan(rows.examples).plan(for: rows.examples)
        var rules: [Int: Signal] = [:]
        for edit in plan.edits { rules[edit.row + 1] = edit.rule }
        for drop in plan.drops { rules[drop.row + 1] = drop.rule }
        for (flaw, lines) in planted {
            let expected = Self.expectedRules[flaw] ?? []
            let found = lines.count { line, twin in
                // Of two equal rows either may stay.
                let isTwinFine =
                    flaw.hasSuffix("duplicate") && twin.map { expected.contains(rules[$0] ?? .pii) } == true
                return rules[line].map(expected.contains) == true || isTwinFine
            }
            #expect(found * 100 >= lines.count * 90, "\(flaw): \(found) of \(lines.count)")
        }
        let known = Set(planted.values.joined().flatMap { [$0.line] + ($0.twin.map { [$0] } ?? []) })
        #expect(Set(rules.keys).subtracting(known).count <= 4)
    }

    @Test func cleaningIsOneUndoStepForEachRule() throws {
        let rows = try DatasetFile.read(path: SampleSet.folder + "triage.jsonl")
        var set = CurationSet(name: "triage", examples: rows.examples)
        let before = set.contentHash
        let plan = SignalScan.scan(rows.examples).plan(for: rows.examples)
        let entries = set.apply(plan, time: 0)
        #expect(entries.count == plan.dropCounts.count + 2)
        #expect(set.counts.dropped == plan.drops.count)
        #expect(set.survivors == plan.applied(to: rows.examples))
        for _ in entries { set.undo(time: 1) }
        #expect(set.contentHash == before)
    }
}

enum SampleSet {
    static let folder: String = {
        var url = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { url.deleteLastPathComponent() }
        return url.path + "/sample-data/"
    }()
    static let exists = FileManager.default.fileExists(atPath: folder + "triage.jsonl")

    /// The lists of the README: `- **name** (count): … Lines 1, 2 (of 3).`
    static func plantedFlaws() throws -> [String: [(line: Int, twin: Int?)]] {
        let text = try String(contentsOfFile: folder + "README.md", encoding: .utf8)
        var flaws: [String: [(line: Int, twin: Int?)]] = [:]
        for line in text.split(separator: "\n") where line.hasPrefix("- **") {
            guard let mark = line.range(of: "Lines ") else { continue }
            let name = String(line.dropFirst(4).prefix { $0 != "*" })
            flaws[name] = line[mark.upperBound...].split(separator: ",").compactMap { part in
                let numbers = part.split { !$0.isNumber }.compactMap { Int($0) }
                return numbers.first.map { ($0, numbers.dropFirst().first) }
            }
        }
        return flaws
    }
}
