import Foundation
import OrderedJSON
import Testing

@testable import SampleMaker

@Suite struct SampleDataTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("sample-data")
    private static let files = SampleFiles()

    private func committed(_ name: String) throws -> String {
        try String(contentsOf: Self.folder.appendingPathComponent(name), encoding: .utf8)
    }

    @Test func everyCommittedFileIsWhatTheSeedGives() throws {
        for file in Self.files.all {
            #expect(try committed(file.name) == file.text, "\(file.name) differs: run `SampleMaker data`")
        }
    }

    @Test(arguments: ["triage.jsonl", "triage-test.jsonl", "chat.jsonl", "preference.jsonl", "text.jsonl"])
    func everyLineIsAJSONObject(name: String) throws {
        let lines = try committed(name).split(separator: "\n")
        #expect(lines.count >= 60)
        for line in lines { #expect(try JSONValue(parsing: String(line)).object != nil) }
    }

    @Test func heldOutRowsAreUnlikeEveryTrainingRow() {
        let training = Self.files.triage.rows.map { TriageDraft.shingles($0.message) }
        for test in Self.files.triage.test {
            let shingles = TriageDraft.shingles(test.message)
            let nearest = training.map { TriageDraft.similarity($0, shingles) }.max() ?? 0
            #expect(nearest < 0.7, "\(test.message)")
        }
    }

    @Test func heldOutAnswersAreSoundRecords() throws {
        for row in Self.files.triage.testRows {
            let record = try JSONValue(parsing: row.answer)
            #expect(record.object.map { Array($0.keys) } == ["category", "priority", "action"])
            #expect(SupportCase.categories.contains(record["category"]?.string ?? ""))
            #expect(SupportCase.priorities.contains(record["priority"]?.string ?? ""))
        }
    }

    @Test func rowsWithoutAFlawHoldSoundRecords() throws {
        for row in Self.files.triage.rows where row.flaw == nil {
            let record = try JSONValue(parsing: row.answer)
            #expect(record.object.map { Array($0.keys) } == ["category", "priority", "action"])
        }
    }

    @Test func flawsAreOnTheLinesTheReadMeNames() throws {
        let rows = try committed("triage.jsonl").split(separator: "\n").map { try JSONValue(parsing: String($0)) }
        func message(_ line: Int) -> String { rows[line - 1]["messages"]?[1]?["content"]?.string ?? "" }
        func answer(_ line: Int) -> String { rows[line - 1]["messages"]?[2]?["content"]?.string ?? "" }
        func keys(_ line: Int) -> [String]? { (try? JSONValue(parsing: answer(line)))?.object.map { Array($0.keys) } }
        for (flaw, lines) in Self.files.flawLines {
            #expect(lines.count >= 8)
            for line in lines {
                let isThere =
                    switch flaw {
                    case .exactDuplicate: rows.count { $0 == rows[line - 1] } > 1
                    case .nearDuplicate, .contradiction: Self.files.triage.origins[line - 1] != nil
                    case .emptyAnswer: answer(line).isEmpty
                    case .cutAnswer: answer(line).hasPrefix("{") && keys(line) == nil
                    case .proseAnswer: answer(line).hasPrefix("Category: ")
                    case .keyOrder: keys(line)?.first == "action" && keys(line)?.count == 3
                    case .unknownLabel: answer(line).contains("\"urgent\"") || answer(line).contains("\"shipment\"")
                    case .personalData: message(line).contains("@") || message(line).count { $0.isNumber } >= 8
                    case .overLong: message(line).count > 2000
                    case .otherLanguage:
                        ["bitte", "ich", "le ", "de "].contains { message(line).lowercased().contains($0) }
                    case .hiddenCharacters:
                        message(line).unicodeScalars.contains { $0.properties.generalCategory == .format }
                    }
                #expect(isThere, "\(flaw.rawValue), line \(line): \(message(line)) → \(answer(line))")
            }
        }
    }

    @Test func theReadMeListsEveryFlawWithItsCount() throws {
        let readMe = try committed("README.md")
        for (flaw, lines) in Self.files.flawLines { #expect(readMe.contains("**\(flaw.rawValue)** (\(lines.count))")) }
    }

    @Test func preferencesHaveTwoDifferentAnswers() throws {
        for line in try committed("preference.jsonl").split(separator: "\n") {
            let row = try JSONValue(parsing: String(line))
            #expect(row["prompt"]?.string?.isEmpty == false)
            #expect(row["chosen"]?.string != row["rejected"]?.string)
        }
    }
}
