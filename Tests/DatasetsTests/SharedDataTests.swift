import Foundation
import OrderedJSON
import Testing

@testable import Datasets

/// Published data sets, cut down; beside the repository where they are there at all.
@Suite(.enabled(if: Places.hasShared, "../shared/data is not beside the repository")) struct SharedDataTests {
    private struct Wanted {
        var rows: Int
        /// Nil where no training shape fits: the refusal lists the fields, and the mapping beside reads every row.
        var shape: RowShape?
        var mapping: ColumnMapping?

        init(_ rows: Int, _ shape: RowShape) {
            self.rows = rows
            self.shape = shape
        }

        init(_ rows: Int, mapped: RowShape, _ fields: [ColumnMapping.Part: String]) {
            self.rows = rows
            mapping = ColumnMapping(shape: mapped, fields: fields, asChat: mapped == .promptCompletion)
        }
    }

    private static let wanted: [String: Wanted] = [
        "alpaca-en.jsonl": Wanted(600, .alpaca), "alpaca-zh.jsonl": Wanted(200, .alpaca),
        "c4-text.jsonl": Wanted(150, .text), "dpo-en-sharegpt.jsonl": Wanted(150, .preference),
        "glaive-toolcall-en-sharegpt.jsonl": Wanted(150, .sharegpt), "gsm8k-test.jsonl": Wanted(500, .promptCompletion),
        "gsm8k-train.jsonl": Wanted(2_500, .promptCompletion), "hh-rlhf-harmless.jsonl": Wanted(1_000, .preference),
        "identity-placeholders.jsonl": Wanted(45, .alpaca), "kto-en-messages.jsonl": Wanted(150, .feedback),
        "pii-synthetic-spans.jsonl": Wanted(700, .text), "question-labels.jsonl": Wanted(378, .text),
        "reason-tool-use.jsonl": Wanted(25, .messages), "sft-typed-content.jsonl": Wanted(250, .messages),
        "sharegpt-conversation.json": Wanted(1, .sharegpt), "sharegpt-dummy-conversation.jsonl": Wanted(300, .sharegpt),
        "stack-exchange-paired.jsonl": Wanted(5, .preference),
        "truthfulqa-judge-completions.jsonl": Wanted(2_500, .promptCompletion),
        "truthfulqa.csv": Wanted(400, .promptCompletion), "wiki.txt": Wanted(15, .text),
        "wikisql-text.jsonl": Wanted(500, .text),
        "bbq-age.jsonl": Wanted(
            600, mapped: .promptCompletion, [.prompt: "{context}\\n{question}", .completion: "ans0"]),
        "bbq-religion.jsonl": Wanted(400, mapped: .promptCompletion, [.prompt: "question", .completion: "ans1"]),
        "bbq-sexual_orientation.jsonl": Wanted(
            300, mapped: .promptCompletion, [.prompt: "context", .completion: "answer_info.ans2[0]"]),
        "crows-pairs.csv": Wanted(750, mapped: .preference, [.chosen: "sent_less", .rejected: "sent_more"]),
        "judge-prompts.jsonl": Wanted(
            8, mapped: .promptCompletion, [.prompt: "system_prompt", .completion: "prompt_template"]),
        "mt-bench-questions.jsonl": Wanted(40, mapped: .text, [.text: "turns[0]"]),
        "mt-bench-reference-answers.jsonl": Wanted(15, mapped: .text, [.text: "choices[0].turns[0]"]),
        "openbookqa.jsonl": Wanted(
            250, mapped: .promptCompletion, [.prompt: "question.stem", .completion: "answerKey"]),
        "pubmedqa.jsonl": Wanted(
            400, mapped: .promptCompletion, [.prompt: "QUESTION", .completion: "final_decision"]),
        "self-instruct-seed.jsonl": Wanted(
            100, mapped: .alpaca, [.input: "instances[0].input", .output: "instances[0].output"]),
        "self-instruct-user-oriented.jsonl": Wanted(
            126, mapped: .alpaca, [.input: "instances.0.input", .output: "instances.0.output"]),
        "xstest.csv": Wanted(225, mapped: .text, [.text: "prompt"]),
    ]

    @Test func everySetReadsInItsShapeAndNoRowIsLost() throws {
        let folder = Places.shared + "datasets/"
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
        #expect(Set(names) == Set(Self.wanted.keys))
        for (name, wanted) in Self.wanted.sorted(by: { $0.key < $1.key }) {
            let path = folder + name
            if let mapping = wanted.mapping {
                let error = #expect(throws: DatasetError.self, "\(name)") { try DatasetFile.read(path: path) }
                let said = error?.description ?? ""
                let fields = mapping.fields.values.filter { !$0.contains("{") && !$0.contains(".0.") }
                #expect(said.contains("no known shape fits"), "\(name): \(said)")
                #expect(fields.contains { said.contains("'\($0)'") }, "\(name): \(said)")
            }
            let rows = try DatasetFile.read(path: path, mapping: wanted.mapping)
            #expect(rows.rowCount == wanted.rows, "\(name)")
            #expect(rows.problems.isEmpty, "\(name): \(rows.problems.first?.description ?? "")")
            if let shape = wanted.shape { #expect(rows.shape == shape, "\(name)") }
            let kept = try rows.examples.prefix(20).map { try Example(json: $0.asJSON) }
            #expect(kept == Array(rows.examples.prefix(20)), "\(name)")
        }
    }

    @Test func aParquetFileOfAnotherWriterReadsThroughAMapping() throws {
        let path = Places.shared + "formats/run-history.parquet"
        let error = #expect(throws: DatasetError.self) { try DatasetFile.read(path: path) }
        #expect(error?.description.contains("no known shape fits") == true)
        let seen = try DatasetFile.inspect(path: path)
        #expect(seen.format.format == .parquet)
        #expect(!seen.firstRows.isEmpty)
    }
}
