import Datasets
import Evaluation
import Generation
import Models
import OrderedJSON
import Statistics
import Testing
import Tokenizers

@Suite("Exact match suite")
struct ExactMatchSuiteTests {
    /// Tokenizer, template and a random model of two narrow layers over its vocabulary.
    private func model() throws -> (text: ModelText, generator: Generator) {
        var trainer = ByteLevelBPETrainer(vocabularySize: 300, specialTokens: ["<s>", "</s>"])
        trainer.add("user: what is the colour of the sky? assistant: blue", count: 5)
        let tokenizer = try Tokenizer(json: try trainer.train(), named: "small")
        let template =
            "{% for m in messages %}{{ m.role }}: {{ m.content }}{% if m.role == 'assistant' %}{{ eos_token }}{% endif %}{{ '\\n' }}"
            + "{% endfor %}{% if add_generation_prompt %}assistant: {% endif %}"
        let text = try ModelText(tokenizer: tokenizer, templateSource: template, beginToken: "<s>", endToken: "</s>")
        let configuration = try ModelConfiguration(
            json: [
                "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 16, "num_hidden_layers": 2,
                "num_attention_heads": 2, "num_key_value_heads": 1, "intermediate_size": 24,
                "vocab_size": .integer(tokenizer.vocabularySize), "max_position_embeddings": 64, "rms_norm_eps": 1e-5,
                "rope_theta": 10000.0, "tie_word_embeddings": true, "hidden_act": "silu",
            ], file: "config.json")
        return (text, Generator(Decoder.random(configuration, seed: 5)))
    }

    private func chat(_ question: String, _ answer: String, line: Int) -> Example {
        Example(
            content: .chat(
                [ChatMessage(role: "user", content: question), ChatMessage(role: "assistant", content: answer)],
                tools: nil),
            line: line)
    }

    @Test("answers are greedy and end a little beyond the length of the one wanted")
    func greedyAnswers() throws {
        let (text, generator) = try model()
        let questions = ["the sky", "blue", "colour of what?"]
        let suite = try ExactMatchSuite(
            name: "greedy", examples: questions.enumerated().map { chat($0.element, "blue sky", line: $0.offset + 1) },
            text: text)
        let result = try suite.run(generator, slack: 3)
        #expect(result.answers.map(\.item.line) == [1, 2, 3])
        for (answer, question) in zip(result.answers, questions) {
            let expected = try generator.generate(
                prompt: try text.promptIDs(messages: [ChatMessage(role: "user", content: question)]),
                settings: SamplingSettings(maxTokens: answer.item.wantedTokens + 3), endTokens: Set(text.endTokenIDs))
            #expect(answer.text == text.tokenizer.decode(expected.ids))
            #expect(answer.stop == expected.stop)
        }
        #expect(result.tokens > 0 && result.exact.trials == 3)
    }

    @Test("the prompt is everything before the last answer")
    func prompts() throws {
        let (text, _) = try model()
        let conversation = Example(
            content: .chat(
                [
                    ChatMessage(role: "user", content: "one"), ChatMessage(role: "assistant", content: "two"),
                    ChatMessage(role: "user", content: "three"), ChatMessage(role: "assistant", content: "four"),
                ], tools: nil), line: 7)
        let item = try #require(try HeldOutItem(conversation, text: text))
        #expect(item.wanted == "four" && item.question == "three" && item.line == 7)
        #expect(
            text.tokenizer.decode(item.prompt, skipSpecialTokens: false)
                == "user: one\nassistant: two</s>\nuser: three\nassistant: ")
        let completion = try #require(
            try HeldOutItem(Example(content: .completion(prompt: "blue", completion: " sky"), line: 1), text: text))
        #expect(text.tokenizer.decode(completion.prompt) == "blue" && completion.wanted == " sky")
    }

    @Test("rows without an answer are left out, and a set of nothing else is refused with a reason")
    func leftOut() throws {
        let (text, _) = try model()
        let plain = Example(content: .text("only text"), line: 2)
        let suite = try ExactMatchSuite(name: "mixed", examples: [plain, chat("a", "b", line: 3)], text: text)
        #expect(suite.items.count == 1 && suite.leftOut == 1)
        #expect(throws: EvaluationError.nothingToJudge(name: "none", rows: 1)) {
            try ExactMatchSuite(name: "none", examples: [plain], text: text)
        }
    }

    @Test("evaluating can be cancelled")
    func cancelling() throws {
        let (text, generator) = try model()
        let suite = try ExactMatchSuite(
            name: "long", examples: (1...5).map { chat("q \($0)", "a", line: $0) }, text: text)
        var seen: [Int] = []
        #expect(throws: EvaluationError.cancelled(name: "long")) {
            try suite.run(generator) { done, _ in
                seen.append(done)
                return done < 2
            }
        }
        #expect(seen == [1, 2])
    }

    @Test("shares, fields and pairs are counted over the items")
    func counting() throws {
        let (text, _) = try model()
        func result(_ answers: [String]) throws -> SuiteResult {
            let wanted = [#"{"a":1,"b":2}"#, #"{"a":3,"b":4}"#, #"{"a":5,"b":6}"#]
            let items = try wanted.enumerated().compactMap {
                try HeldOutItem(chat("q", $0.element, line: $0.offset + 1), text: text)
            }
            return SuiteResult(
                name: "records",
                answers: zip(items, answers).map {
                    .init(item: $0, text: $1, match: AnswerMatch(answer: $1, wanted: $0.wanted), stop: .end)
                }, tokens: 10, seconds: 1)
        }
        let base = try result([#"{"a":1,"b":2}"#, "no", #"{"a":5,"b":0}"#])
        let tuned = try result([#"{"a":1,"b":2}"#, #"{"a":3,"b":4}"#, #"{"a":5,"b":6}"#])
        #expect(base.exact == Binomial(successes: 1, of: 3))
        #expect(base.validJSON == Binomial(successes: 2, of: 3))
        #expect(base.fields.map(\.name) == ["a", "b"])
        #expect(base.fields.map(\.share) == [Binomial(successes: 2, of: 3), Binomial(successes: 1, of: 3)])
        let paired = base.paired(with: tuned)
        #expect((paired.bothRight, paired.onlyFirst, paired.onlySecond, paired.bothWrong) == (1, 0, 2, 0))
        #expect(tuned.exact.share == 1)
    }
}
