import Foundation
import OrderedJSON
import Testing

@testable import Datasets

@Suite struct ShapeTests {
    private func read(_ lines: String, mapping: ColumnMapping? = nil) throws -> ImportedRows {
        let scratch = try Scratch()
        return try DatasetFile.read(path: scratch.file("a.jsonl", lines), mapping: mapping)
    }

    private func messages(_ example: Example?) -> [ChatMessage] {
        if case .chat(let messages, _) = example?.content { messages } else { [] }
    }

    @Test func alpacaBecomesAConversation() throws {
        let rows = try read(
            """
            {"instruction": "Add", "input": "1 2", "output": "3", "system": "You add.", "history": [["Hi", "Hello"]], "id": 7}
            {"instruction": "Say hi", "input": "", "output": "hi"}
            """)
        #expect(rows.shape == .alpaca)
        #expect(messages(rows.examples.first).map(\.role) == ["system", "user", "assistant", "user", "assistant"])
        #expect(messages(rows.examples.first)[3].content == "Add\n1 2")
        #expect(messages(rows.examples.last).map(\.content) == ["Say hi", "hi"])
        #expect(rows.examples.first?.extra == ["id": 7])
    }

    @Test func messagesKeepToolsCallsFlagsAndParts() throws {
        let rows = try read(
            """
            {"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], \
            "loss_weight": 0.0}, {"role": "assistant", "content": null, "tool_calls": [{"function": {"name": "f"}}], \
            "train": false}, {"role": "tool", "content": "ok", "name": "f"}], "tools": "[{\\"name\\": \\"f\\"}]"}
            {"messages": [{"role": "user", "content": [{"type": "image", "url": "x"}]}]}
            {"messages": [{"content": "who"}]}
            {"messages": []}
            """)
        let turns = messages(rows.examples.first)
        #expect(turns.map(\.content) == ["ab", "", "ok"])
        #expect(turns.map(\.trains) == [false, false, nil])
        #expect(turns[1].extra["tool_calls"]?[0]?["function"]?["name"] == "f")
        #expect(turns[2].extra == ["name": "f"])
        if case .chat(_, let tools) = rows.examples[0].content { #expect(tools == [["name": "f"]]) }
        #expect(rows.problems.map(\.line) == [2, 3, 4])
        #expect(rows.problems[0].reason.contains("type 'image'"))
        #expect(rows.problems[1].reason.contains("has no 'role'"))
        #expect(rows.problems[2].reason.contains("empty"))
    }

    @Test func shareGPTRolesAndFunctionCallsAreTranslated() throws {
        let rows = try read(
            """
            {"conversations": [{"from": "human", "value": "hi"}, {"from": "function_call", "value": "{\\"name\\": \\"f\\", \
            \\"arguments\\": {}}"}, {"from": "observation", "value": "42"}, {"from": "gpt", "value": "done"}], \
            "system": "Be good.", "tools": ""}
            """)
        #expect(rows.shape == .sharegpt)
        let turns = messages(rows.examples.first)
        #expect(turns.map(\.role) == ["system", "user", "assistant", "tool", "assistant"])
        #expect(turns[2].extra["tool_calls"]?[0]?["function"]?["name"] == "f")
    }

    @Test func promptAndCompletionStayTextsAndQuestionsBecomeChats() throws {
        let raw = try read("{\"prompt\": \"True:\", \"completion\": \" no\"}")
        #expect(raw.examples[0].content == .completion(prompt: "True:", completion: " no"))
        let asked = try read("{\"question\": \"2+2?\", \"answer\": \"4\"}")
        #expect(messages(asked.examples.first).map(\.content) == ["2+2?", "4"])
        var mapping = asked.mapping
        mapping.asChat = false
        let corrected = try read("{\"question\": \"2+2?\", \"answer\": \"4\"}", mapping: mapping)
        #expect(corrected.examples[0].content == .completion(prompt: "2+2?", completion: "4"))
    }

    @Test func preferenceRowsInTheirManyForms() throws {
        let user = ChatMessage(role: "user", content: "q")
        let good = ChatMessage(role: "assistant", content: "good")
        let bad = ChatMessage(role: "assistant", content: "bad")
        let wanted = Example.Content.preference(prompt: [user], chosen: [good], rejected: [bad])
        let q = "{\"role\": \"user\", \"content\": \"q\"}"
        let g = "{\"role\": \"assistant\", \"content\": \"good\"}"
        let b = "{\"role\": \"assistant\", \"content\": \"bad\"}"
        let forms = [
            "{\"prompt\": \"q\", \"chosen\": \"good\", \"rejected\": \"bad\"}",
            "{\"chosen\": [\(q), \(g)], \"rejected\": [\(q), \(b)]}",
            "{\"prompt\": \"q\", \"chosen\": [\(q), \(g)], \"rejected\": [\(q), \(b)]}",
            "{\"prompt\": [\(q)], \"chosen\": [\(g)], \"rejected\": [\(b)]}",
            "{\"messages\": [\(q), \(g)], \"rejected_response\": \"bad\"}",
            "{\"conversations\": [{\"from\": \"human\", \"value\": \"q\"}], \"chosen\": {\"from\": \"gpt\", "
                + "\"value\": \"good\"}, \"rejected\": {\"from\": \"gpt\", \"value\": \"bad\"}}",
            "{\"chosen\": \"\\n\\nHuman: q\\n\\nAssistant: good\", \"rejected\": \"\\n\\nHuman: q\\n\\nAssistant: bad\"}",
        ]
        for form in forms {
            let rows = try read(form)
            #expect(rows.shape == .preference)
            #expect(rows.examples.first?.content == wanted, "\(form)")
        }
    }

    @Test func shapeIsDecidedOverManyRows() throws {
        let odd = "{\"text\": \"a header\"}\n"
        let rows = try read(odd + String(repeating: "{\"instruction\": \"x\", \"output\": \"y\"}\n", count: 20))
        #expect(rows.shape == .alpaca)
        #expect(rows.examples.count == 20)
        #expect(rows.problems.map(\.line) == [1])
        #expect(rows.detection.reasons[0].contains("fits 20 of 21"))
        #expect(rows.detection.candidates.map(\.mapping.shape).contains(.text))
    }

    @Test func unknownFieldsAreListedAndAMappingHelps() throws {
        let lines = "{\"q\": {\"stem\": \"2+2?\"}, \"opts\": [\"3\", \"4\"]}\n"
        let error = #expect(throws: DatasetError.self) { try read(lines) }
        #expect(error?.description.contains("'q.stem', 'opts[0]'") == true)
        let mapping = ColumnMapping(shape: .promptCompletion, fields: [.prompt: "q.stem", .completion: "opts.1"])
        let rows = try read(lines, mapping: mapping)
        #expect(rows.examples[0].content == .completion(prompt: "2+2?", completion: "4"))
        let wrong = ColumnMapping(shape: .text, fields: [.text: "body"])
        let refusal = #expect(throws: DatasetError.self) { try read(lines, mapping: wrong) }
        #expect(refusal?.description.contains("takes text from 'body', which no row has") == true)
    }

    @Test func mappingGoesThroughJSON() throws {
        let mapping = ColumnMapping(shape: .promptCompletion, fields: [.prompt: "q.stem"], asChat: true)
        #expect(try ColumnMapping(json: mapping.asJSON) == mapping)
        #expect(throws: ExampleError.self) { try ColumnMapping(json: ["shape": "csv"]) }
        #expect(throws: ExampleError.self) { try ColumnMapping(json: ["shape": "text", "fields": ["body": "x"]]) }
    }

    @Test func inspectionShowsFieldsAndCandidatesOfUnknownFiles() throws {
        let scratch = try Scratch()
        let seen = try DatasetFile.inspect(path: scratch.file("a.jsonl", "{\"a\": 1}\n{\"a\": 2, \"b\": 3}\n"))
        #expect(seen.detection.fields.map(\.name) == ["a", "b"])
        #expect(seen.detection.best == nil)
        #expect(seen.firstRows == ["{\"a\": 1}", "{\"a\": 2, \"b\": 3}"])
    }

    @Test func examplesGoThroughJSONUnchanged() throws {
        let examples = [
            Example(
                content: .chat(
                    [
                        ChatMessage(role: "user", content: "a", extra: ["name": "x"], trains: true),
                        ChatMessage(role: "assistant", content: "", extra: ["tool_calls": [["id": 1]]], trains: false),
                    ], tools: [["name": "f"]]), line: 3, extra: ["id": "r", "line": 9]),
            Example(content: .completion(prompt: "p", completion: "c"), line: 1),
            Example(content: .text("t\u{0}\u{2028}"), line: 2),
            Example(
                content: .preference(
                    prompt: [], chosen: [ChatMessage(role: "assistant", content: "a")],
                    rejected: [ChatMessage(role: "assistant", content: "b")]), line: 4),
        ]
        for example in examples {
            let text = example.asJSON.serialized()
            #expect(try Example(json: JSONValue(parsing: text)) == example)
        }
        #expect(throws: ExampleError.self) { try Example(json: ["prompt": "x"]) }
        #expect(throws: ExampleError.self) { try Example(json: "x") }
    }
}
