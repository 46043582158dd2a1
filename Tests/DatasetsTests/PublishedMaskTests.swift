import Foundation
import OrderedJSON
import Testing
import Tokenizers

@testable import Datasets

/// What is trained of conversations that published chat templates write.
///
/// The table beside the template fixtures names each template's end tokens and, for five conversations, the trained text
/// with a bar between runs, or why the row is refused. `FTBENCH_RECORD=1` writes it anew; read the difference.
@Suite(.enabled(if: Places.hasShared, "../shared/data is not beside the repository")) struct PublishedTemplateTests {
    private static let table = Places.root + "/Tests/Fixtures/templates/masks.json"
    private let now = Date(timeIntervalSince1970: 1_736_899_200)

    private static let weather: JSONValue = [
        [
            "type": "function",
            "function": [
                "name": "get_weather", "description": "The weather of a city.",
                "parameters": [
                    "type": "object", "properties": ["city": ["type": "string", "description": "Name of the city."]],
                    "required": ["city"],
                ],
            ],
        ]
    ]

    private static func answer(_ content: String, _ extra: JSONObject = [:]) -> ChatMessage {
        ChatMessage(role: "assistant", content: content, extra: extra)
    }

    /// Conversations by the name that the table gives them.
    private static var conversations: [(name: String, example: Example)] {
        func user(_ content: String) -> ChatMessage { ChatMessage(role: "user", content: content) }
        let turns = [
            user("first question"), answer("first answer"), user("second question"), answer("second answer"),
            user("third question"), answer("third answer"),
        ]
        let system = ChatMessage(role: "system", content: "be kind")
        let reasoned = [
            user("first question"), answer("first answer", ["reasoning_content": "first thought"]),
            user("second question"), answer("second answer", ["reasoning_content": "second thought"]),
        ]
        let call: JSONValue = [
            "id": "call00001", "type": "function",
            "function": ["name": "get_weather", "arguments": ["city": "Rome"]],
        ]
        let called = [
            user("weather in Rome?"), answer("", ["tool_calls": [call]]),
            ChatMessage(
                role: "tool", content: "sunny", extra: ["name": "get_weather", "tool_call_id": "call00001"]),
            answer("It is sunny."), user("thanks"), answer("Welcome."),
        ]
        return [
            ("plain", Example(content: .chat(turns, tools: nil), line: 1)),
            ("system", Example(content: .chat([system] + turns, tools: nil), line: 1)),
            ("reasoning", Example(content: .chat(reasoned, tools: nil), line: 1)),
            ("tools", Example(content: .chat(called, tools: weather), line: 1)),
            (
                "untrimmed",
                Example(
                    content: .chat([user("q "), answer("  padded\n"), user("r"), answer("\tsecond  ")], tools: nil),
                    line: 1)
            ),
        ]
    }

    /// Over bytes, with the template's own marks as special tokens as its model has them.
    private func renderer(_ name: String, ends: [String], marks: [String]) throws -> ExampleRenderer {
        let source = try Places.text(Places.shared + "chat_templates/\(name).jinja")
        let special = ["<s>"] + ends + (marks + ["</s>"]).filter { !ends.contains($0) }
        let ids = ends.indices.map { Int32(257 + $0) }
        var renderer = ExampleRenderer(
            text: try ByteTokenizer.text(template: source, end: ends.first ?? "</s>", ends: ids, special: special))
        renderer.now = now
        return renderer
    }

    @Test func everyPublishedTemplateTrainsWhatTheTableSays() throws {
        let table = try JSONValue(parsing: try Places.text(Self.table)).object ?? [:]
        #expect(table.count >= 29)
        var recorded: JSONObject = [:]
        for (name, row) in table {
            let ends = row["ends"]?.array?.compactMap(\.string) ?? []
            let marks = row["marks"]?.array?.compactMap(\.string) ?? []
            let renderer = try renderer(name, ends: ends, marks: marks)
            var outcomes: JSONObject = ["ends": .array(ends.map { .string($0) })]
            if !marks.isEmpty { outcomes["marks"] = .array(marks.map { .string($0) }) }
            for (conversation, example) in Self.conversations {
                let outcome: String
                do throws(RenderError) {
                    let tokens = try renderer.tokenize(example)
                    let late = tokens.spans.last?.isEmpty == true && tokens.trained.last == true ? tokens.ids.last : nil
                    outcome =
                        tokens.trainedText
                        + (late.flatMap(renderer.text.tokenizer.token).map { " + " + $0 } ?? "")
                        + (tokens.endTokenTrained ? "" : " (an end token is missing)")
                } catch {
                    outcome = "refused: \(error)"
                }
                #expect(row[conversation]?.string == outcome, "\(name), \(conversation)")
                outcomes[conversation] = .string(outcome)
            }
            recorded[name] = .object(outcomes)
        }
        if ProcessInfo.processInfo.environment["FTBENCH_RECORD"] == "1" {
            try (JSONValue.object(recorded).serialized(.pretty(indent: 1)) + "\n").write(
                toFile: Self.table, atomically: true, encoding: .utf8)
        }
    }

    /// A conversation of unique words: `u…` of others, `a…` of the model, `r…` its thoughts, `c…` its calls.
    private static func conversation(_ random: inout SeededGenerator) -> [ChatMessage] {
        var messages: [ChatMessage] = []
        var count = 0
        func word(_ letter: String) -> String {
            count += 1
            return "\(letter)w\(count)x"
        }
        if random.next() % 2 == 0 { messages.append(ChatMessage(role: "system", content: word("u"))) }
        for _ in 0..<Int(1 + random.next() % 3) {
            messages.append(ChatMessage(role: "user", content: word("u") + (random.next() % 4 == 0 ? "\n" : "")))
            var extra: JSONObject = [:]
            if random.next() % 3 == 0 { extra["reasoning_content"] = .string(word("r")) }
            if random.next() % 4 == 0 {
                let id = JSONValue.string("call0000\(messages.count % 10)")
                let call: JSONValue = [
                    "id": id, "type": "function",
                    "function": ["name": "get_weather", "arguments": ["city": .string(word("c"))]],
                ]
                extra["tool_calls"] = [call]
                messages.append(answer("", extra))
                messages.append(
                    ChatMessage(
                        role: "tool", content: word("u"),
                        extra: ["name": "get_weather", "tool_call_id": id]))
                extra["tool_calls"] = nil
            }
            let content = [word("a"), " \(word("a"))\n", "\(word("a"))\n\n\(word("a"))", "<b>\(word("a"))"]
            messages.append(answer(content[Int(random.next() % 4)], extra))
        }
        if random.next() % 4 == 0 { messages.append(ChatMessage(role: "user", content: word("u"))) }
        return messages
    }

    private static func words(_ text: String, _ letters: String) -> [Substring] {
        text.matches(of: /[a-z]w[0-9]+x/).map(\.output).filter { letters.contains($0.first ?? " ") }
    }

    @Test func everyConversationTrainsTheModelsWordsAndNoOthers() throws {
        let table = try JSONValue(parsing: try Places.text(Self.table)).object ?? [:]
        let rounds = ProcessInfo.processInfo.environment["FTBENCH_MASK_ROUNDS"].flatMap { Int($0) } ?? 3
        var (trained, refused) = (0, 0)
        for (name, row) in table {
            let ends = row["ends"]?.array?.compactMap(\.string) ?? []
            var renderer = try renderer(name, ends: ends, marks: row["marks"]?.array?.compactMap(\.string) ?? [])
            var random = SeededGenerator(seed: 11)
            for round in 0..<rounds {
                let messages = Self.conversation(&random)
                let example = Example(
                    content: .chat(messages, tools: round % 2 == 0 ? Self.weather : nil), line: 1)
                renderer.trainOn = round % 3 == 2 ? .lastAnswer : .answers
                guard let tokens = try? renderer.tokenize(example) else {
                    refused += 1
                    continue
                }
                trained += 1
                let said = Self.words(tokens.trainedText, "a")
                let shown = Self.words(tokens.renderedText, "a")
                #expect(
                    Self.words(tokens.trainedText, "u").isEmpty,
                    "\(name): \(tokens.trainedText)\n\(tokens.renderedText)\n\(messages)")
                if renderer.trainOn == .answers {
                    #expect(said == shown, "\(name): \(tokens.trainedText)\n\(tokens.renderedText)")
                    #expect(
                        Self.words(tokens.trainedText, "c") == Self.words(tokens.renderedText, "c"),
                        "\(name): \(tokens.trainedText)\n\(tokens.renderedText)")
                    #expect(
                        Self.words(tokens.trainedText, "r") == Self.words(tokens.renderedText, "r"),
                        "\(name): \(tokens.trainedText)\n\(tokens.renderedText)")
                } else {
                    let last = messages.last { $0.isAnswer }.map { Self.words($0.content, "a") } ?? []
                    #expect(said == last, "\(name): \(tokens.trainedText)\n\(tokens.renderedText)")
                }
            }
        }
        #expect(trained >= table.count)
        if rounds > 3 { print("\(trained) rows trained, \(refused) refused") }
    }

    @Test func llama3TrainsTheAnswersIdsAndTheTurnsEnd() throws {
        let source = try Places.text(Places.shared + "chat_templates/meta-llama-Llama-3.2-3B-Instruct.jinja")
        let tokenizer = try Tokenizer.load(path: Places.shared + "tokenizers/llama3")
        let text = try ModelText(
            tokenizer: tokenizer, templateSource: source, beginToken: "<|begin_of_text|>", endToken: "<|eot_id|>")
        let renderer = ExampleRenderer(text: text, now: now)
        let row = try renderer.tokenize(chat(("user", "Où est la gare ?"), ("assistant", "À gauche.")))
        #expect(row.ids.filter { $0 == text.beginTokenID }.count == 1)
        let trained = zip(row.ids, row.trained).filter(\.1).map(\.0)
        #expect(trained == tokenizer.encode("À gauche.", addSpecialTokens: false) + [text.endTokenID])
        #expect(row.endTokenTrained)
        let prompt = try text.promptIDs(
            messages: [ChatMessage(role: "user", content: "Où est la gare ?")], now: renderer.now)
        #expect(Array(row.ids.prefix(prompt.count)) == prompt)
    }
}

/// A small seeded generator.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
