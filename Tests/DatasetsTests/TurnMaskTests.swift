import Foundation
import OrderedJSON
import Testing
import Tokenizers

@testable import Datasets

/// Loss masks over templates of the awkward kinds, each shaped after one that models ship.
@Suite struct TurnMaskTests {
    private func renderer(
        _ template: String, _ trainOn: TrainOn = .answers, end: String? = "<|im_end|>", ends: [Int32] = []
    ) throws -> ExampleRenderer {
        ExampleRenderer(text: try ByteTokenizer.text(template: template, end: end, ends: ends), trainOn: trainOn)
    }

    private let talk = chat(("user", "q1"), ("assistant", "a1"), ("user", "q2"), ("assistant", "a2"))

    private func row(_ messages: [ChatMessage], tools: JSONValue? = nil) -> Example {
        Example(content: .chat(messages, tools: tools), line: 1)
    }

    /// An answer ends where the next turn opens, with a token that generation stops at.
    private let open = """
        {% for m in messages %}{% if m.role == 'user' %}<|im_end|>{% else %}<|im_start|>{% endif %}{{ m.content }}\
        {% endfor %}{% if add_generation_prompt %}<|im_start|>{% endif %}
        """

    @Test func closersThatBelongToTheNextTurnAreTrained() throws {
        let tokens = try renderer(open).tokenize(talk)
        #expect(tokens.renderedText == "<|im_end|>q1<|im_start|>a1<|im_end|>q2<|im_start|>a2")
        #expect(tokens.trainedText == "a1<|im_end|>|a2")
        // The last answer, which the template leaves open, gets the token that it has once a turn follows.
        #expect(tokens.ids.last == ByteTokenizer.turnEnd)
        #expect(tokens.trained.last == true)
        #expect(tokens.endTokenTrained)
        let shown = try renderer(open).tokenize(chat(("user", "q1"), ("assistant", "a1"), ("user", "q2")))
        #expect(shown.trainedText == "a1<|im_end|>")
    }

    @Test func answersThatNoTokenEndsAreReported() throws {
        let bare = "{% for m in messages %}[{{ m.role }}]{{ m.content }}\n{% endfor %}"
        let tokens = try renderer(bare + "{% if add_generation_prompt %}[assistant]{% endif %}").tokenize(talk)
        #expect(tokens.trainedText == "a1\n|a2\n")
        #expect(!tokens.endTokenTrained)
    }

    @Test func systemTextMergedIntoTheUsersTurnIsNotTrained() throws {
        let merged = """
            {% if messages[0].role == 'system' %}{% set system = messages[0].content ~ ' ' %}{% set rest = messages[1:] %}\
            {% else %}{% set system = '' %}{% set rest = messages %}{% endif %}{% for m in rest %}\
            {% if m.role == 'user' %}[INST] {{ system if loop.first }}{{ m.content|trim }} [/INST]{% else %}\
             {{ m.content|trim }}{{ eos_token }}{% endif %}{% endfor %}
            """
        let tokens = try renderer(merged, end: "</s>").tokenize(
            chat(("system", "S"), ("user", " q1 "), ("assistant", " a1 "), ("user", "q2"), ("assistant", "a2")))
        #expect(tokens.renderedText == "[INST] S q1 [/INST] a1</s>[INST] q2 [/INST] a2</s>")
        #expect(tokens.trainedText == " a1</s>| a2</s>")
        #expect(tokens.endTokenTrained)
    }

    /// Reasoning of earlier turns is left out, as reasoning models do.
    private let reasoning = """
        {% for m in messages %}<|im_start|>{{ m.role }}
        {% if m.role == 'assistant' and m.reasoning_content and loop.last %}<think>
        {{ m.reasoning_content }}
        </think>
        {% endif %}{{ m.content }}<|im_end|>
        {% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
        <think>
        {% endif %}
        """

    @Test func reasoningOfEarlierTurnsIsNotInventedBack() throws {
        let messages = [
            ChatMessage(role: "user", content: "q1"),
            ChatMessage(role: "assistant", content: "a1", extra: ["reasoning_content": "t1"]),
            ChatMessage(role: "user", content: "q2"),
            ChatMessage(role: "assistant", content: "a2", extra: ["reasoning": "t2"]),
        ]
        let tokens = try renderer(reasoning).tokenize(row(messages))
        // The prompt opens the last thought itself; what it lacks in the first answer is not there to train.
        #expect(tokens.trainedText == "a1<|im_end|>|t2\n</think>\na2<|im_end|>")
        #expect(tokens.maskSource == .answerText)
        #expect(tokens.endTokenTrained)
        #expect(try renderer(reasoning, .lastAnswer).tokenize(row(messages)).maskSource == .prefixes)
    }

    @Test func toolCallsAreTrainedWithTheirMarksAndResultsAreNot() throws {
        let template = """
            {% for m in messages %}<|im_start|>{{ m.role }}
            {{ m.content }}{% for call in m.tool_calls or [] %}<call>{{ call.function|tojson }}</call>{% endfor %}<|im_end|>
            {% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
            {% endif %}
            """
        let call: JSONValue = ["type": "function", "function": ["name": "f", "arguments": "{\"x\": 1}"]]
        let messages = [
            ChatMessage(role: "user", content: "q"),
            ChatMessage(role: "assistant", content: "", extra: ["tool_calls": [call]]),
            ChatMessage(role: "tool", content: "result"), ChatMessage(role: "assistant", content: "done"),
        ]
        let tokens = try renderer(template).tokenize(row(messages))
        let written = "<call>{\"name\": \"f\", \"arguments\": {\"x\": 1}}</call><|im_end|>"
        #expect(tokens.trainedText == written + "|done<|im_end|>")
        let error = #expect(throws: RenderError.self) { try renderer(Templates.chatML).tokenize(row(messages)) }
        #expect(error?.description.contains("leaves out the tool calls of turn 2") == true)
    }

    @Test func headingsAreNotTrainedWhereTheTemplateWritesNoPrompt() throws {
        let template = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
        let tokens = try renderer(template).tokenize(talk)
        #expect(tokens.trainedText == "a1<|im_end|>|a2<|im_end|>")
        #expect(tokens.maskSource == .answerText)
    }

    @Test func defaultSystemTextsAndDatesAreTheSameInAllRenderings() throws {
        let template = """
            {% if messages[0].role != 'system' %}<|im_start|>system
            Be good. It is {{ strftime_now('%H:%M:%S.%f') }}.<|im_end|>
            {% endif %}
            """
        let tokens = try renderer(template + Templates.chatML).tokenize(talk)
        #expect(tokens.trainedText == "a1<|im_end|>|a2<|im_end|>")
        #expect(tokens.maskSource == .prefixes)
    }

    @Test func templatesThatRefuseAPrefixAreReadByTheAnswersText() throws {
        let strict = """
            {% if messages|length == 0 or messages[-1].role == 'assistant' and messages|length < 4 %}\
            {{ raise_exception('the last turn has to be the user\\'s') }}{% endif %}
            """
        let tokens = try renderer(strict + Templates.chatML).tokenize(talk)
        #expect(tokens.trainedText == "a1<|im_end|>|a2<|im_end|>")
        #expect(tokens.maskSource == .answerText)
        let greeting = chat(("assistant", "hello"), ("user", "q"), ("user", "r"), ("assistant", "a"))
        #expect(try renderer(strict + Templates.chatML).tokenize(greeting).trainedText == "hello<|im_end|>|a<|im_end|>")
    }

    @Test func toolsBeforeTheLastQuestionDoNotMoveEarlierAnswers() throws {
        let template = """
            {% set ns = namespace(last=-1) %}{% for m in messages %}{% if m.role == 'user' %}\
            {% set ns.last = loop.index0 %}{% endif %}{% endfor %}{% for m in messages %}{% if m.role == 'user' %}\
            {% if loop.index0 == ns.last and tools %}[TOOLS]{{ tools|tojson }}[/TOOLS]{% endif %}[INST]{{ m.content }}[/INST]\
            {% else %}{{ m.content }}{{ eos_token }}{% endif %}{% endfor %}
            """
        guard case .chat(let messages, _) = talk.content else { return }
        let tokens = try renderer(template, end: "</s>").tokenize(row(messages, tools: [["name": "f"]]))
        #expect(tokens.trainedText == "a1</s>|a2</s>")
        #expect(tokens.maskSource == .answerText)
    }

    @Test func anEndTokenAtTheEndOfTheWholeIsNotTrainedTwice() throws {
        let tokens = try renderer(Templates.chatML + "{% if not add_generation_prompt %}{{ eos_token }}{% endif %}")
            .tokenize(talk)
        #expect(tokens.trainedText == "a1<|im_end|>|a2<|im_end|>")
    }

    @Test func contentThatHoldsMarksIsTrainedWhole() throws {
        let example = chat(
            ("user", "q"), ("assistant", "<|im_end|>\nnot over <|im_start|>assistant\nyet"), ("user", "r"))
        let tokens = try renderer(Templates.chatML).tokenize(example)
        #expect(tokens.trainedText == "<|im_end|>\nnot over <|im_start|>assistant\nyet<|im_end|>")
    }

    @Test func severalGenerationBlocksOfATurnAreAllTrained() throws {
        let template = """
            {% for m in messages %}{{ m.role }}:{% if m.role == 'assistant' %}{% generation %}<t>{{ m.thought }}</t>\
            {% endgeneration %} {% generation %}{{ m.content }}<|im_end|>{% endgeneration %}{% else %}{{ m.content }}\
            {% endif %}|{% endfor %}{% if add_generation_prompt %}assistant:{% endif %}
            """
        #expect(
            try renderer(template).tokenize(talk).trainedText == "<t></t>|a1<|im_end|>|<t></t>|a2<|im_end|>")
        let last = try renderer(template, .lastAnswer).tokenize(talk)
        #expect(last.trainedText == "<t></t>|a2<|im_end|>")
        #expect(last.maskSource == .generationBlocks)
        #expect(last.endTokenTrained)
    }

    @Test func generationBlocksThatCoverNothingAreNotTheMask() throws {
        let template = Templates.chatML + "{% if tools %}{% generation %}{{ tools }}{% endgeneration %}{% endif %}"
        let tokens = try renderer(template).tokenize(talk)
        #expect(tokens.trainedText == "a1<|im_end|>|a2<|im_end|>")
        #expect(tokens.maskSource == .prefixes)
    }

    @Test func typedPartsAndNullContentReachTheTemplateAsTheyAre() throws {
        let template = """
            {% for m in messages %}{{ m.role }}:{% if m.content is none %}NONE{% elif m.content is string %}{{ m.content }}\
            {% else %}{% for part in m.content %}({{ part.text }}){% endfor %}{% endif %}<|im_end|>{% endfor %}\
            {% if add_generation_prompt %}assistant:{% endif %}
            """
        let parts: JSONValue = [["type": "text", "text": "one"], ["type": "text", "text": "two"]]
        let messages = [
            ChatMessage(role: "user", content: "", extra: ["content": parts]),
            ChatMessage(role: "assistant", content: "", extra: ["content": .null]),
            ChatMessage(role: "user", content: "q"),
            ChatMessage(role: "assistant", content: "", extra: ["content": parts]),
        ]
        let tokens = try renderer(template).tokenize(row(messages))
        #expect(tokens.renderedText.hasPrefix("user:(one)(two)<|im_end|>assistant:NONE<|im_end|>"))
        #expect(tokens.trainedText == "NONE<|im_end|>|(one)(two)<|im_end|>")
    }

    @Test func flagsChooseTurnsWhateverTheMaskComesFrom() throws {
        var messages = [
            ChatMessage(role: "user", content: "q1"), ChatMessage(role: "assistant", content: "a1", trains: false),
            ChatMessage(role: "user", content: "q2"), ChatMessage(role: "assistant", content: "a2"),
        ]
        #expect(try renderer(open).tokenize(row(messages)).trainedText == "a2")
        let rest = try renderer(open, .everything).tokenize(row(messages)).trainedText
        #expect(rest == "q1<|im_start|>|q2<|im_start|>a2")
        messages[3].trains = false
        messages[1].trains = true
        #expect(try renderer(open).tokenize(row(messages)).trainedText == "a1<|im_end|>")
    }

    @Test func tokensOverTheBorderBelongToTheSideTheyBeginOn() throws {
        var json = ByteTokenizer.json().object ?? [:]
        // One merge: the line break of the heading and the first letter of the answer.
        json["model"] = .object(
            (json["model"]?.object ?? [:]).merging(["merges": [["\u{010A}", "a"]]]))
        var vocabulary = json["model"]?["vocab"]?.object ?? [:]
        vocabulary["\u{010A}a"] = 400
        json["model"] = .object((json["model"]?.object ?? [:]).merging(["vocab": .object(vocabulary)]))
        var splitter = json["pre_tokenizer"]?.object ?? [:]
        splitter["use_regex"] = false
        json["pre_tokenizer"] = .object(splitter)
        let text = try ModelText(
            tokenizer: Tokenizer(json: .object(json), named: "merging"), templateSource: Templates.chatML,
            beginToken: "<s>", endToken: "<|im_end|>")
        let tokens = try ExampleRenderer(text: text).tokenize(chat(("user", "q"), ("assistant", "abc")))
        #expect(tokens.ids.contains(400))
        #expect(tokens.trainedText == "bc<|im_end|>")
    }
}

extension JSONObject {
    fileprivate func merging(_ others: JSONObject) -> JSONObject {
        var result = self
        for (key, value) in others { result[key] = value }
        return result
    }
}
