import Foundation
import OrderedJSON
import Testing
import Tokenizers

@testable import Datasets

enum Templates {
    static let chatML = """
        {% for m in messages %}<|im_start|>{{ m.role }}
        {{ m.content }}<|im_end|>
        {% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
        {% endif %}
        """
    static let marked = """
        {% for m in messages %}<|im_start|>{{ m.role }}
        {% if m.role == 'assistant' %}{% generation %}{{ m.content }}<|im_end|>{% endgeneration %}{% else %}\
        {{ m.content }}<|im_end|>{% endif %}

        {% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
        {% endif %}
        """
    /// Writes the begin token itself and closes answers with the end token.
    static let withBegin = """
        {{ bos_token }}{% for m in messages %}{% if m.role == 'user' %}[Q]{{ m.content }}[A]{% else %}\
        {{ m.content }}{{ eos_token }}{% endif %}{% endfor %}
        """
    /// Adds a thought to the last answer alone, as reasoning models do.
    static let thinking = """
        {% for m in messages %}<|im_start|>{{ m.role }}
        {% if m.role == 'assistant' and loop.last %}<think></think>{% endif %}{{ m.content }}<|im_end|>
        {% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
        {% endif %}
        """
    /// The prompt for an answer holds a text that the written conversation lacks.
    static let unnested = """
        {% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}{% if add_generation_prompt %}[answer now]\
        {% endif %}
        """
    static let alternating = """
        {% for m in messages %}{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}\
        {{ raise_exception('roles must alternate') }}{% endif %}{{ m.content }}{% endfor %}
        """
}

@Suite struct RendererTests {
    private let twoTurns = chat(
        ("system", "S"), ("user", "q1"), ("assistant", "a1"), ("user", "q2"), ("assistant", "a2"))

    private func renderer(
        _ template: String?, _ trainOn: TrainOn = .answers, end: String? = "<|im_end|>", addsBegin: Bool = false,
        maxLength: Int = .max, tooLong: TooLong = .drop
    ) throws -> ExampleRenderer {
        ExampleRenderer(
            text: try ByteTokenizer.text(template: template, addsBegin: addsBegin, end: end), trainOn: trainOn,
            maxLength: maxLength, tooLong: tooLong)
    }

    @Test(arguments: [Templates.chatML, Templates.marked]) func answersAreTrainedWithTheirEndToken(template: String)
        throws
    {
        let row = try renderer(template).tokenize(twoTurns)
        #expect(row.trainedText == "a1<|im_end|>|a2<|im_end|>")
        #expect(row.endTokenTrained)
        #expect(row.trainedCount == 6)
        #expect(row.maskSource == (template == Templates.marked ? .generationBlocks : .prefixes))
        #expect(row.renderedText.hasSuffix("a2<|im_end|>\n"))
    }

    @Test(arguments: [Templates.chatML, Templates.marked]) func lastAnswerAndEverything(template: String) throws {
        #expect(try renderer(template, .lastAnswer).tokenize(twoTurns).trainedText == "a2<|im_end|>")
        let all = try renderer(template, .everything).tokenize(twoTurns)
        #expect(all.trainedCount == all.count - 1)
        #expect(all.trained.first == false)
        #expect(all.endTokenTrained)
    }

    @Test(arguments: [Templates.chatML, Templates.marked]) func flagsOfMessagesWin(template: String) throws {
        var messages = [
            ChatMessage(role: "user", content: "q1", trains: true),
            ChatMessage(role: "assistant", content: "a1", trains: false),
            ChatMessage(role: "user", content: "q2"), ChatMessage(role: "assistant", content: "a2"),
        ]
        let row = try renderer(template).tokenize(Example(content: .chat(messages, tools: nil), line: 1))
        #expect(row.trainedText.hasSuffix("|a2<|im_end|>"))
        #expect(row.trainedText.contains("q1<|im_end|>"))
        #expect(!row.trainedText.contains("a1"))
        messages[0].trains = nil
        let all = try renderer(template, .everything).tokenize(Example(content: .chat(messages, tools: nil), line: 1))
        #expect(!all.trainedText.contains("a1"))
        #expect(all.trainedText.contains("q2"))
    }

    @Test func anEndTokenThatIsNotTheModelsIsReported() throws {
        let row = try renderer(Templates.chatML, end: "</s>").tokenize(twoTurns)
        #expect(!row.endTokenTrained)
        let declared = ExampleRenderer(
            text: try ByteTokenizer.text(template: Templates.chatML, end: "</s>", ends: [ByteTokenizer.turnEnd]))
        #expect(try declared.tokenize(twoTurns).endTokenTrained)
    }

    @Test func theBeginTokenStandsOnce() throws {
        let row = try renderer(Templates.withBegin, end: "</s>", addsBegin: true)
            .tokenize(chat(("user", "q"), ("assistant", "a")))
        #expect(row.ids.filter { $0 == ByteTokenizer.begin }.count == 1)
        #expect(row.ids.first == ByteTokenizer.begin)
        let text = try renderer(nil, end: "</s>", addsBegin: true).tokenize(Example(content: .text("<s>x"), line: 1))
        #expect(text.ids == [256, 120, 257])
        let model = try ByteTokenizer.text(template: nil, addsBegin: true)
        #expect(model.promptIDs(text: "<s>x") == [256, 120])
        #expect(model.promptIDs(text: "x") == [256, 120])
    }

    @Test func turnsThatChangeWhenOthersFollowAreFoundByTheirText() throws {
        let row = try renderer(Templates.thinking).tokenize(twoTurns)
        #expect(row.trainedText == "a1<|im_end|>|<think></think>a2<|im_end|>")
        #expect(row.maskSource == .answerText)
    }

    @Test func templatesWhosePrefixesDoNotNestAreRefusedWithTheReason() throws {
        let error = #expect(throws: RenderError.self) { try renderer(Templates.unnested).tokenize(twoTurns) }
        #expect(error?.description.contains("[answer now]") == true)
        #expect(error?.description.contains("at turn 3") == true)
        #expect(try renderer(Templates.unnested, .everything).tokenize(twoTurns).trainedCount > 0)
    }

    @Test func whatTheTemplateRefusesIsItsOwnMessage() throws {
        let error = #expect(throws: RenderError.self) {
            try renderer(Templates.alternating).tokenize(chat(("user", "a"), ("user", "b")))
        }
        #expect(error == .template("roles must alternate"))
    }

    @Test func promptIDsAreTheStartOfTheTokenizedRow() throws {
        for template in [Templates.chatML, Templates.marked, nil] {
            let renderer = try renderer(template, addsBegin: true)
            let row = try renderer.tokenize(chat(("user", "q"), ("assistant", "a")))
            let prompt = try renderer.text.promptIDs(messages: [ChatMessage(role: "user", content: "q")])
            #expect(Array(row.ids.prefix(prompt.count)) == prompt)
            #expect(row.trained.firstIndex(of: true) == prompt.count)
        }
    }

    @Test func withoutATemplateRolesAreHeadings() throws {
        let row = try renderer(nil, end: "</s>", addsBegin: true).tokenize(twoTurns)
        #expect(row.renderedText.hasPrefix("### System:\nS\n\n### User:\nq1\n\n### Assistant:\na1</s>"))
        #expect(row.trainedText == "a1</s>|a2</s>")
        #expect(row.endTokenTrained)
        #expect(row.maskSource == .roleHeadings)
        #expect(row.ids.first == ByteTokenizer.begin)
    }

    @Test func completionsTrainTheCompletionAndOneEndToken() throws {
        let example = Example(content: .completion(prompt: "True:", completion: " no"), line: 1)
        let row = try renderer(nil, end: "</s>", addsBegin: true).tokenize(example)
        #expect(row.ids == [256] + Array("True: no".utf8).map { Int32($0) } + [257])
        #expect(row.trainedCount == 4)
        #expect(row.endTokenTrained)
        let bare = Example(content: .completion(prompt: "", completion: "x"), line: 1)
        #expect(try renderer(nil, end: "</s>", addsBegin: true).tokenize(bare).trained == [false, true, true])
        #expect(try renderer(nil, .everything, end: "</s>").tokenize(example).trainedCount == 8)
    }

    @Test func textsTrainEverythingAndEndOnce() throws {
        let row = try renderer(nil, end: "</s>").tokenize(Example(content: .text("ab</s>"), line: 1))
        #expect(row.ids == [97, 98, 257])
        #expect(row.trained == [false, true, true])
    }

    @Test func rowsWithNothingToTrainAreRefused() throws {
        let noAnswer = #expect(throws: RenderError.self) {
            try renderer(Templates.chatML).tokenize(chat(("user", "q")))
        }
        #expect(noAnswer?.description.contains("no turn of the assistant") == true)
        #expect(try renderer(Templates.chatML).inspect(chat(("user", "q"))).trainedCount == 0)
    }

    @Test func tooLongRowsFollowThePolicy() throws {
        let example = chat(("user", "q"), ("assistant", String(repeating: "x", count: 50)))
        for policy in [TooLong.drop, .stop] {
            let error = #expect(throws: RenderError.self) {
                try renderer(Templates.chatML, maxLength: 40, tooLong: policy).tokenize(example)
            }
            #expect(error == .tooLong(tokens: 72, limit: 40))
        }
        let cut = try renderer(Templates.chatML, maxLength: 40, tooLong: .truncate).tokenize(example)
        #expect(cut.count == 40)
        #expect(cut.ids.last == ByteTokenizer.turnEnd)
        #expect(cut.endTokenTrained)
        #expect(cut.wasCut)
        let pieces = try renderer(Templates.chatML, maxLength: 30, tooLong: .split).pieces(of: example)
        #expect(pieces.map(\.count) == [30, 30, 12])
        #expect(pieces.allSatisfy { !$0.trained[0] && $0.trainedCount > 0 })
        #expect(pieces.last?.endTokenTrained == true)
        let hidden = #expect(throws: RenderError.self) {
            try renderer(Templates.chatML, maxLength: 8, tooLong: .truncate).tokenize(example)
        }
        #expect(hidden?.description.contains("the answer begins after that") == true)
    }

    @Test func preferencePairsShareThePrompt() throws {
        let user = ChatMessage(role: "user", content: "q")
        let example = Example(
            content: .preference(
                prompt: [user], chosen: [ChatMessage(role: "assistant", content: "good")],
                rejected: [ChatMessage(role: "assistant", content: "bad")]), line: 1)
        let pair = try renderer(Templates.chatML).pair(of: example)
        #expect(pair?.chosen.trainedText == "good<|im_end|>")
        #expect(pair?.rejected.trainedText == "bad<|im_end|>")
        #expect(try renderer(Templates.chatML).tokenize(example).trainedText == "good<|im_end|>")
    }

    @Test func aSetCountsWhatIsTrainedAndSaysWhatIsNot() throws {
        let rows = [
            twoTurns, chat(("user", "q")), chat(("user", "q"), ("assistant", String(repeating: "x", count: 200))),
        ]
        let set = TokenizedSet(rows, renderer: try renderer(Templates.chatML, maxLength: 150))
        #expect(set.rows == [0])
        #expect(set.untrainedRows == [1])
        #expect(set.tooLongRows == [2])
        #expect(set.trainedTokens == 6)
        #expect(set.rowsWithoutEnd.isEmpty)
        #expect(set.sequences[0].renderedText.isEmpty)
    }

    @Test func settingsHashChangesWithWhatDecidesTokens() throws {
        let hashes = try [
            renderer(Templates.chatML), renderer(Templates.marked), renderer(Templates.chatML, .everything),
            renderer(Templates.chatML, maxLength: 9),
        ].map(\.settingsHash)
        #expect(Set(hashes).count == 4)
        #expect(try renderer(Templates.chatML).settingsHash == hashes[0])
    }
}
