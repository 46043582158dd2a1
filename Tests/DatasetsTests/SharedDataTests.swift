import Foundation
import OrderedJSON
import Testing

@testable import Datasets

/// Published data sets, cut down; beside the repository where they are there at all.
@Suite(.enabled(if: Places.hasShared, "../shared/data is not beside the repository")) struct SharedDataTests {
    /// Sets of shapes that no training format has; each becomes readable through a mapping.
    private static let unknown: [String: ColumnMapping] = [
        "bbq-age": ColumnMapping(shape: .promptCompletion, fields: [.prompt: "question", .completion: "ans0"]),
        "bbq-religion": ColumnMapping(shape: .promptCompletion, fields: [.prompt: "question", .completion: "ans1"]),
        "bbq-sexual_orientation": ColumnMapping(
            shape: .promptCompletion, fields: [.prompt: "context", .completion: "ans2"]),
        "judge-prompts": ColumnMapping(
            shape: .promptCompletion, fields: [.prompt: "system_prompt", .completion: "prompt_template"]),
        "mt-bench-questions": ColumnMapping(shape: .text, fields: [.text: "turns.0"]),
        "mt-bench-reference-answers": ColumnMapping(shape: .text, fields: [.text: "choices.0.turns.0"]),
        "openbookqa": ColumnMapping(
            shape: .promptCompletion, fields: [.prompt: "question.stem", .completion: "answerKey"]),
        "pubmedqa": ColumnMapping(
            shape: .promptCompletion, fields: [.prompt: "QUESTION", .completion: "final_decision"]),
        "self-instruct-seed": ColumnMapping(
            shape: .alpaca, fields: [.input: "instances.0.input", .output: "instances.0.output"]),
        "self-instruct-user-oriented": ColumnMapping(
            shape: .alpaca, fields: [.input: "instances.0.input", .output: "instances.0.output"]),
    ]

    private static let shapes: [String: RowShape] = [
        "alpaca-en": .alpaca, "gsm8k-train": .promptCompletion, "sft-typed-content": .messages,
        "reason-tool-use": .messages, "glaive-toolcall-en-sharegpt": .sharegpt, "dpo-en-sharegpt": .preference,
        "kto-en-messages": .messages, "hh-rlhf-harmless": .preference, "stack-exchange-paired": .preference,
        "wikisql-text": .text, "c4-text": .text, "truthfulqa-judge-completions": .promptCompletion,
        "question-labels": .text, "pii-synthetic-spans": .text,
    ]

    @Test func everySetReadsInItsShapeAndNoRowIsLost() throws {
        let folder = Places.shared + "datasets/"
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".jsonl") }
        #expect(names.count >= 25)
        let scratch = try Scratch()
        for file in names.sorted() {
            let name = String(file.dropLast(6))
            let (path, lines) = try Self.head(of: folder + file, in: scratch)
            let mapping = Self.unknown[name]
            if mapping != nil { #expect(try DatasetFile.inspect(path: path).detection.best == nil, "\(name)") }
            let rows = try DatasetFile.read(path: path, mapping: mapping)
            #expect(rows.rowCount == lines, "\(name)")
            #expect(rows.problems.isEmpty, "\(name): \(rows.problems.first?.description ?? "")")
            if let shape = Self.shapes[name] { #expect(rows.shape == shape, "\(name)") }
            let kept = try rows.examples.prefix(20).map { try Example(json: $0.asJSON) }
            #expect(kept == Array(rows.examples.prefix(20)))
        }
    }

    /// The first rows as a file of their own: all ten megabytes take a minute in a debug build. FTBENCH_WHOLE_SETS=1
    /// reads them all the same.
    private static func head(of path: String, in scratch: Scratch) throws -> (path: String, lines: Int) {
        let isWhole = ProcessInfo.processInfo.environment["FTBENCH_WHOLE_SETS"] != nil
        var lines = ByteLines(source: try ByteSource(path: path))
        var count = 0
        var head: [UInt8] = []
        while isWhole || count < 30, let range = try lines.next() {
            count += 1
            if !isWhole { head += lines.buffer[range] + [0x0A] }
        }
        return (isWhole ? path : try scratch.file("head.jsonl", bytes: head), count)
    }

    @Test func oneObjectFileReads() throws {
        let rows = try DatasetFile.read(path: Places.shared + "datasets/sharegpt-conversation.json")
        #expect(rows.examples.count == 1)
        #expect(rows.shape == .sharegpt)
    }

    @Test func otherFilesAreRefusedWithoutCrashing() throws {
        for name in ["datasets/truthfulqa.csv", "datasets/wiki.txt", "formats/run-history.parquet"] {
            #expect(throws: DatasetError.self) { try DatasetFile.read(path: Places.shared + name) }
        }
    }
}
