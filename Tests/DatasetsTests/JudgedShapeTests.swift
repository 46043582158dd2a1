import Foundation
import MutationTesting
import OrderedJSON
import Testing

@testable import Datasets

/// Rows that other objectives train on, chains of rows, and the many names of things.
@Suite struct JudgedShapeTests {
    private func read(_ lines: String, mapping: ColumnMapping? = nil) throws -> ImportedRows {
        let scratch = try Scratch()
        return try DatasetFile.read(path: scratch.file("a.jsonl", lines), mapping: mapping)
    }

    private func message(_ role: String, _ content: String) -> ChatMessage { ChatMessage(role: role, content: content) }

    @Test func feedbackInItsForms() throws {
        let wanted = Example.Content.feedback(
            prompt: [message("user", "q")], completion: [message("assistant", "a")], isWanted: false)
        let q = "{\"role\": \"user\", \"content\": \"q\"}"
        let a = "{\"role\": \"assistant\", \"content\": \"a\"}"
        for form in [
            "{\"prompt\": \"q\", \"completion\": \"a\", \"label\": false}",
            "{\"prompt\": [\(q)], \"completion\": [\(a)], \"label\": false}",
            "{\"messages\": [\(q), \(a)], \"label\": false}",
            "{\"instruction\": \"q\", \"input\": \"\", \"output\": \"a\", \"kto_tag\": false}",
            "{\"conversations\": [{\"from\": \"human\", \"value\": \"q\"}, {\"from\": \"gpt\", \"value\": \"a\"}], "
                + "\"kto_tag\": false}",
        ] {
            let rows = try read(form)
            #expect(rows.shape == .feedback, "\(form)")
            #expect(rows.examples.first?.content == wanted, "\(form)")
        }
        // A number is a class and no verdict, unless a person says so.
        let classes = "{\"prompt\": \"q\", \"completion\": \"a\", \"label\": 1}"
        #expect(try read(classes).shape == .promptCompletion)
        #expect(try read(classes, mapping: ColumnMapping(shape: .feedback)).examples.count == 1)
    }

    @Test func stepsAndTokens() throws {
        let steps = try read(
            "{\"prompt\": \"2+3+4\", \"completions\": [\"2+3=5\", \"5+4=8\"], \"labels\": [true, false]}\n"
                + "{\"prompt\": \"x\", \"completions\": [\"a\"], \"labels\": []}")
        #expect(
            steps.examples.map(\.content) == [
                .steps(prompt: [message("user", "2+3+4")], completions: ["2+3=5", "5+4=8"], labels: [true, false])
            ])
        #expect(steps.problems.map(\.reason) == ["'completions' has 1 steps and 'labels' 0"])
        let tokens = try read(
            """
            {"input_ids": [1, 5, 9], "attention_mask": [1, 1, 0], "labels": [-100, 5, -100], "token_type_ids": [0, 0, 0]}
            {"input_ids": [1, 2], "labels": [1]}
            {"input_ids": [1, -3]}
            {"input_ids": [1.5]}
            {"input_ids": []}
            """)
        #expect(
            tokens.examples.map(\.content) == [
                .tokens(TokenRow(ids: [1, 5, 9], attentionMask: [1, 1, 0], labels: [-100, 5, -100]))
            ])
        #expect(tokens.examples[0].extra == ["token_type_ids": [0, 0, 0]])
        #expect(tokens.problems.map(\.line) == [2, 3, 4, 5])
        #expect(tokens.problems[1].reason == "element 2 of 'input_ids' is no token")
    }

    @Test func whatNoMethodTrainsIsRefusedWithTheReason() throws {
        let renderer = ExampleRenderer(text: try ByteTokenizer.text(template: nil))
        let kto = Example(
            content: .feedback(prompt: [], completion: [message("assistant", "a")], isWanted: true), line: 1)
        let refusal = #expect(throws: RenderError.self) { try renderer.inspect(kto) }
        #expect(refusal?.description.contains("KTO") == true)
        let parts = Example(
            content: .chat(
                [
                    message("user", "q"),
                    ChatMessage(role: "assistant", content: "a", extra: ["train_detail": [["train": false]]]),
                ], tools: nil), line: 1)
        let detail = #expect(throws: RenderError.self) { try renderer.inspect(parts) }
        #expect(detail?.description.contains("train_detail") == true)
    }

    @Test func tokensOfTheSameVocabularyAreTrainedByTheirLabels() throws {
        let renderer = ExampleRenderer(text: try ByteTokenizer.text(template: nil))
        let row = TokenRow(
            ids: [256, 72, 105, 257, 0], attentionMask: [1, 1, 1, 1, 0], labels: [-100, -100, 105, 257, -100])
        let rendered = try renderer.tokenize(Example(content: .tokens(row), line: 1))
        #expect(rendered.ids == [256, 72, 105, 257])
        #expect(rendered.trained == [false, false, true, true])
        #expect(rendered.renderedText == "<s>Hi</s>")
        #expect(rendered.endTokenTrained)
        let foreign = Example(content: .tokens(TokenRow(ids: [1, 50_000])), line: 1)
        let refusal = #expect(throws: RenderError.self) { try renderer.tokenize(foreign) }
        #expect(refusal?.description.contains("another vocabulary") == true)
    }

    @Test func chainsOfRowsBecomeConversations() throws {
        let scratch = try Scratch()
        let rows = try DatasetFile.read(
            path: scratch.file(
                "h2o.csv",
                """
                prompt,answer,system,id,parent_id
                Hi,Hello,Be kind.,a,
                And you?,Fine.,Be kind.,b,a
                Bye,Bye!,,c,b
                Lost,No one,,d,zz
                Round,Trip,,e,e
                """))
        #expect(rows.examples.map(\.line) == [2, 3, 4])
        #expect(rows.problems.map(\.line) == [5, 6])
        #expect(rows.problems[0].reason == "its parent 'zz' is in no row")
        guard case .chat(let turns, _) = rows.examples[2].content else { throw ExampleError(reason: "no chat") }
        #expect(turns.map(\.content) == ["Be kind.", "Hi", "Hello", "And you?", "Fine.", "Bye", "Bye!"])
        #expect(turns.map(\.trains) == [nil, nil, false, nil, false, nil, nil])
        #expect(rows.examples[1].extra == ["id": "b", "parent_id": "a"])
    }

    @Test func rolesOfManySchemesAreTranslated() throws {
        let names = [
            "human", "chatgpt", "tool", "bing", "function_response", "bard", "observation", "GPT", "developer",
        ]
        let turns = names.map { "{\"from\": \"\($0)\", \"value\": \"x\"}" }.joined(separator: ", ")
        let rows = try read("{\"conversations\": [\(turns)]}")
        guard case .chat(let messages, _) = rows.examples[0].content else { throw ExampleError(reason: "no chat") }
        #expect(
            messages.map(\.role) == [
                "user", "assistant", "tool", "assistant", "tool", "assistant", "tool", "assistant", "developer",
            ])
    }

    @Test func flagsOfTurnsAndOlderCalls() throws {
        let rows = try read(
            """
            {"messages": [{"role": "user", "content": "q", "name": null}, {"role": "assistant", "content": null, \
            "function_call": {"name": "f", "arguments": "{}"}, "weight": 0}, {"role": "function", "name": "f", \
            "content": "1"}, {"role": "assistant", "content": "a", "loss": true, "reasoning_content": "hm", "weight": 0.5}]}
            """)
        guard case .chat(let turns, _) = rows.examples[0].content else { throw ExampleError(reason: "no chat") }
        #expect(turns.map(\.role) == ["user", "assistant", "tool", "assistant"])
        #expect(turns.map(\.trains) == [nil, false, nil, true])
        #expect(turns[0].extra.isEmpty)
        #expect(
            turns[1].extra == ["tool_calls": [["type": "function", "function": ["name": "f", "arguments": "{}"]]]])
        #expect(turns[3].extra == ["reasoning_content": "hm", "weight": 0.5])
    }

    @Test func pathsReachIntoFieldsAndBracesJoinThem() throws {
        let row: JSONObject = [
            "question": ["stem": "2+2?", "choices": [["text": "3"], ["text": "4"]]], "a.b": "whole", "none": nil,
            "nan": .number(.nan),
        ]
        #expect(row.value(at: "question.stem") == "2+2?")
        #expect(row.value(at: "question.choices[1].text") == "4")
        #expect(row.value(at: "question.choices.0.text") == "3")
        #expect(row.value(at: "question.choices[-1].text") == "4")
        #expect(row.value(at: "a.b") == "whole")
        #expect(row.value(at: "{question.stem} = {question.choices[1].text}\\n!") == "2+2? = 4\n!")
        for path in ["question.choices[2].text", "question.choices[x]", "none", "nan", "{none}", "a.c", "question[0]"] {
            #expect(row.value(at: path) == nil, "\(path)")
        }
    }

    @Test func transcriptsArePartedAtTheirMarksAlone() {
        let text = "\n\nHuman: one\n\n two\n\nAssistant:  é\n\n\nHuman:\n\nAssistant: Human: x"
        #expect(
            ColumnMapping.transcript(text) == [
                message("user", "one\n\n two"), message("assistant", " é\n"), message("user", ""),
                message("assistant", "Human: x"),
            ])
        #expect(ColumnMapping.transcript("Human: one") == nil)
        #expect(ColumnMapping.transcript("\n\nAssistant: one") == nil)
    }

    // MARK: Hostile rows

    @Test func whatCouldOnlyBeReadByLosingSomethingIsAProblem() throws {
        let rows = try read(
            """
            {"text": "a", "text": "b"}
            {"text": "half \\ud83d"}
            {"text": "half \\udc00 of it"}
            {"text": "huge", "n": 1e999}
            {"text": "deep", "n": \(String(repeating: "[", count: 600))\(String(repeating: "]", count: 600))}
            {"text": "whole \\ud83d\\ude00 \\u0000", "n": 123456789012345678901234567890, "x": NaN}
            {"text": NaN}
            """)
        #expect(rows.examples.map(\.answerText) == ["whole 😀 \0"])
        #expect(rows.problems.map(\.line) == [1, 2, 3, 4, 5, 7])
        let reasons = rows.problems.map(\.reason)
        #expect(reasons[0] == "invalid JSON: the key 'text' is there twice")
        #expect(reasons[1].contains("half of a surrogate pair"))
        #expect(reasons[2].contains("half of a surrogate pair"))
        #expect(reasons[3].contains("beyond the range of a double"))
        #expect(reasons[4].contains("nested deeper"))
        #expect(rows.problems[0].column == 15)
    }

    @Test func filesOfNothingAreEmpty() throws {
        let scratch = try Scratch()
        for (name, text) in [("a.jsonl", "\u{FEFF}"), ("b.csv", "\u{FEFF}\n\n"), ("c.txt", " \n"), ("d.json", "[]")] {
            let path = try scratch.file(name, text)
            #expect(throws: DatasetError.empty(path: path), "\(name)") { try DatasetFile.read(path: path) }
        }
        let header = #expect(throws: DatasetError.self) { try DatasetFile.read(path: scratch.file("e.csv", "a,b\n")) }
        #expect(header?.description.contains("names the columns a, b, and no row") == true)
    }

    @Test func longLinesAreRows() throws {
        let long = String(repeating: "x", count: 3_000_000)
        let rows = try read("{\"text\": \"\(long)\"}\n{\"text\": \"short\"}\n")
        #expect(rows.examples.map { $0.answerText.utf8.count } == [3_000_000, 5])
    }

    @Test func mutatedFilesNeverCrash() throws {
        let scratch = try Scratch()
        var numbers = SeededNumbers(state: 9)
        let seeds = [
            ("a.jsonl", "{\"messages\": [{\"role\": \"user\", \"content\": \"q\"}]}\n{\"messages\": []}\n"),
            ("b.csv", "prompt,answer,id,parent_id\nq,\"a\nb\",1,\nq,a,2,1\n"),
            ("c.json", "{\"data\": [{\"input_ids\": [1, 2], \"labels\": [-100, 2]}]}"),
            ("d.json", "[{\"prompt\": \"q\", \"completions\": [\"a\"], \"labels\": [true]},\n{\"text\": \"x\"}]"),
            ("e.txt", "one\n\ntwo\nthree\n"),
        ].map { ($0.0, Array($0.1.utf8)) }
        for _ in 0..<400 {
            let (name, bytes) = seeds.randomElement(using: &numbers) ?? ("", [])
            let path = try scratch.file(name, bytes: numbers.mutated(bytes))
            if let rows = try? DatasetFile.read(path: path) { #expect(rows.rowCount > 0) }
        }
    }
}
