import Foundation
import OrderedJSON
import Testing

@testable import Datasets

/// What is written is, read again, what it was.
@Suite struct RoundTripTests {
    private static func message(_ role: String, _ content: String, _ extra: JSONObject = [:], trains: Bool? = nil)
        -> ChatMessage
    {
        ChatMessage(role: role, content: content, extra: extra, trains: trains)
    }

    private static let call: JSONValue = [
        ["type": "function", "function": ["name": "f", "arguments": ["a": 1, "b": [nil, 2.5]]]]
    ]
    private static let user = message("user", "q, \"quoted\"\nand\r\n;\tmore \u{2028} é漢😀")
    private static let answer = message("assistant", " a ")

    private static let chats: [Example.Content] = [
        .chat([user, answer], tools: nil),
        .chat([message("system", "s"), user, answer, message("user", "again"), message("assistant", "")], tools: nil),
        .chat(
            [
                user, message("assistant", "", ["tool_calls": call], trains: false),
                message("tool", "42", ["name": "f"]),
                message("assistant", "done", ["reasoning_content": "hm"], trains: true),
            ], tools: [["type": "function", "function": ["name": "f", "parameters": ["type": "object"]]]]),
    ]
    private static let judged: [RowShape: Example.Content] = [
        .preference: .preference(prompt: [user], chosen: [answer], rejected: [message("assistant", "b")]),
        .feedback: .feedback(prompt: [user], completion: [answer], isWanted: true),
        .stepwise: .steps(prompt: [user], completions: ["one", "two"], labels: [true, false]),
        .tokens: .tokens(TokenRow(ids: [1, 2, 3], attentionMask: [1, 1, 0], labels: [-100, 2, -100])),
        .text: .text("t, \"u\"\nv"), .promptCompletion: .completion(prompt: "p\n", completion: " c"),
    ]

    private func again(
        _ contents: [Example.Content], shape: RowShape?, _ layout: DatasetWriter.Layout, extra: JSONObject = [:]
    ) throws -> ImportedRows {
        let scratch = try Scratch()
        let path = scratch.path + "/out.\(layout.rawValue)"
        let examples = contents.enumerated().map { Example(content: $1, line: $0 + 1, extra: extra) }
        #expect(try DatasetWriter.write(examples, shape: shape, to: path) == contents.count)
        return try DatasetFile.read(path: path)
    }

    @Test(arguments: DatasetWriter.Layout.allCases) func conversationsInEveryLayout(layout: DatasetWriter.Layout) throws
    {
        for shape in [RowShape.messages, .sharegpt] {
            let rows = try again(Self.chats, shape: shape, layout)
            #expect(rows.shape == shape)
            #expect(rows.examples.map(\.content) == Self.chats)
            #expect(rows.problems.isEmpty)
        }
        let alpaca = try again(Array(Self.chats.prefix(2)), shape: .alpaca, layout)
        #expect(alpaca.examples.map(\.content) == Array(Self.chats.prefix(2)))
        let pair = try again([Self.chats[0]], shape: .promptCompletion, layout)
        #expect(pair.examples.map(\.content) == [Self.chats[0]])
    }

    @Test(arguments: DatasetWriter.Layout.allCases) func judgedRowsInEveryLayout(layout: DatasetWriter.Layout) throws {
        for (shape, content) in Self.judged {
            let rows = try again([content, content], shape: nil, layout, extra: ["source": "s", "note": "x\ny"])
            #expect(rows.shape == shape, "\(shape) \(layout)")
            #expect(rows.examples.map(\.content) == [content, content], "\(shape) \(layout)")
            #expect(rows.examples.map(\.extra) == [["source": "s", "note": "x\ny"], ["source": "s", "note": "x\ny"]])
        }
    }

    @Test func everyShapeRefusesWhatItCannotHold() throws {
        let all = Self.chats + Self.judged.values
        for shape in RowShape.allCases where shape != .curated {
            for content in all {
                let example = Example(content: content, line: 3, extra: ["id": 5])
                do {
                    let row = try DatasetWriter.row(example, shape: shape)
                    let mapping = ColumnMapping(shape: shape)
                    let back = try mapping.example(from: row.object ?? [:], line: 3)
                    // A pair of texts may be written as a conversation, which is what a person asked for then.
                    if case .completion(let prompt, let completion) = content, back.content != content {
                        #expect(
                            back.content
                                == .chat(
                                    [Self.message("user", prompt), Self.message("assistant", completion)], tools: nil))
                    } else {
                        #expect(back == example, "\(shape)")
                    }
                } catch let error as DatasetError {
                    #expect(error.description.hasPrefix("line 3 cannot be written as \(shape.rawValue): "))
                }
            }
        }
    }

    @Test func fieldsThatShareANameWithAPartAreKept() throws {
        let example = Example(
            content: .text("t"), line: 1, extra: ["text": "other", "text_": "third", "id": 1])
        let row = try DatasetWriter.row(example)
        #expect(row == ["text": "t", "text__": "other", "text_": "third", "id": 1])
        let odd = Example(content: .chat([Self.message("user", "q", ["value": "x"])], tools: nil), line: 2)
        #expect(throws: DatasetError.self) { try DatasetWriter.row(odd) }
    }

    @Test func curatedRowsComeBackWithTheirDecisions() throws {
        let scratch = try Scratch()
        let path = scratch.path + "/curated.jsonl"
        let first = Example(content: Self.chats[2], line: 7, extra: ["id": 1, "label": true], file: "data/train.csv")
        let edited = Example(content: .text("mended"), line: 9)
        let rows = [
            CuratedRow(original: first, decision: ImportedDecision(status: "kept", note: "good", tags: ["a", "b"])),
            CuratedRow(
                original: Example(content: .text("broken"), line: 9),
                decision: ImportedDecision(status: "dropped", isSkipped: true, edited: edited)),
            CuratedRow(
                original: Example(content: Self.judged[.feedback] ?? .text(""), line: 2),
                decision: ImportedDecision(status: "undecided")),
        ]
        #expect(try DatasetWriter.write(curated: rows, to: path) == 3)
        let read = try DatasetFile.read(path: path)
        #expect(read.shape == .curated)
        #expect(read.examples == rows.map(\.original))
        #expect(read.decisions == [0: rows[0].decision, 1: rows[1].decision])
        #expect(read.survivors == [rows[0].original, rows[2].original])
        // Other tools find the rows where they look for them.
        let line = try JSONValue(parsing: String(try Places.text(path).split(separator: "\n")[1]))
        #expect(line["text"] == "mended")
        #expect(line["curation"]?["original"]?["text"] == "broken")
        let newer = try scratch.file(
            "n.jsonl", "{\"text\": \"a\", \"curation\": {\"version\": 9, \"status\": \"kept\"}}")
        let error = #expect(throws: DatasetError.self) { try DatasetFile.read(path: newer) }
        #expect(error?.description.contains("newer version") == true)
    }
}
