import ChatTemplates
import Foundation
import OrderedJSON
import Testing
import Tokenizers

@testable import Datasets

@Suite struct ModelTextTests {
    private func folder(_ files: [String: String]) throws -> Scratch {
        let scratch = try Scratch()
        _ = try scratch.file("tokenizer.json", ByteTokenizer.json().serialized())
        for (name, text) in files { _ = try scratch.file(name, text) }
        return scratch
    }

    @Test func aFolderWithNothingButATokenizerIsEnough() throws {
        let scratch = try folder([:])
        for path in [scratch.path, scratch.path + "/tokenizer.json"] {
            let text = try ModelText.load(folder: path)
            #expect(!text.hasTemplate)
            #expect(text.endTokenIDs.isEmpty)
            #expect(text.tokenizerHash.count == 32)
            #expect(text.promptIDs(text: "a") == [97])
        }
    }

    @Test func specialTokensComeAsTextsOrObjectsAndEndsFromThreeFiles() throws {
        let scratch = try folder([
            "tokenizer_config.json": """
            {"bos_token": {"content": "<s>", "lstrip": false}, "eos_token": "</s>", "chat_template": "T{{ eos_token }}"}
            """,
            "special_tokens_map.json": "{\"pad_token\": \"<|im_end|>\", \"eos_token\": \"<|im_start|>\"}",
            "generation_config.json": "{\"eos_token_id\": [259, 257]}", "config.json": "{\"eos_token_id\": 258}",
        ])
        let text = try ModelText.load(folder: scratch.path)
        #expect(text.beginToken == "<s>" && text.endToken == "</s>" && text.padToken == "<|im_end|>")
        #expect(text.endTokenIDs == [257, 259, 258])
        #expect(try text.render(messages: []) == "T</s>")
        #expect(text.templateOrigin == "tokenizer_config.json")
    }

    @Test func aTemplateFileWinsAndListsHaveNames() throws {
        let list = """
            {"chat_template": [{"name": "default", "template": "plain"}, {"name": "tool_use", "template": "tools"}]}
            """
        let alone = try folder(["tokenizer_config.json": list])
        let named = try ModelText.load(folder: alone.path)
        #expect(try named.render(messages: []) == "plain")
        #expect(named.namedTemplates["tool_use"]?.source == "tools")
        let both = try folder(["tokenizer_config.json": list, "chat_template.jinja": "file"])
        let text = try ModelText.load(folder: both.path)
        #expect(try text.render(messages: []) == "file")
        #expect(text.templateHash != named.templateHash)
    }

    @Test func brokenFilesAreNamed() throws {
        let scratch = try folder(["tokenizer_config.json": "{nope"])
        let error = #expect(throws: ModelTextError.self) { try ModelText.load(folder: scratch.path) }
        #expect(error?.description.contains("tokenizer_config.json: not valid JSON") == true)
        let template = try folder(["chat_template.jinja": "{% if %}"])
        #expect(throws: (any Error).self) { try ModelText.load(folder: template.path) }
        #expect(throws: (any Error).self) { try ModelText.load(folder: "/nonexistent") }
    }

    @Test func argumentsOfToolCallsReachTheTemplateAsObjects() throws {
        let scratch = try folder([
            "chat_template.jinja": "{{ messages[0].tool_calls[0].function.arguments.city }}"
        ])
        let call: JSONValue = ["function": ["name": "f", "arguments": "{\"city\": \"Oslo\"}"]]
        let message = ChatMessage(role: "assistant", content: "", extra: ["tool_calls": [call]])
        #expect(try ModelText.load(folder: scratch.path).render(messages: [message]) == "Oslo")
    }
}

/// Published chat templates over the byte tokenizer: which bytes would be trained.
@Suite(.enabled(if: Places.hasShared, "../shared/data is not beside the repository")) struct PublishedTemplateTests {
    private func trained(_ name: String, end: String, _ example: Example) throws -> String {
        let source = try Places.text(Places.shared + "chat_templates/\(name).jinja")
        let text = try ByteTokenizer.text(template: source, end: end)
        var renderer = ExampleRenderer(text: text)
        renderer.now = Date(timeIntervalSince1970: 1_736_899_200)
        return try renderer.tokenize(example).trainedText
    }

    private let talk = chat(("user", "q1"), ("assistant", "a1"), ("user", "q2"), ("assistant", "a2"))

    @Test(arguments: [
        ("Qwen-Qwen2.5-7B-Instruct", "<|im_end|>", "a1<|im_end|>|a2<|im_end|>"),
        ("meta-llama-Llama-3.2-3B-Instruct", "<|eot_id|>", "a1<|eot_id|>|a2<|eot_id|>"),
        ("google-gemma-2-2b-it", "<end_of_turn>", "a1<end_of_turn>\n|a2<end_of_turn>\n"),
        // Its end of text follows whatever turn is last, so that the first answer is found by its words; the byte
        // tokenizer does not know its closing token.
        ("microsoft-Phi-3.5-mini-instruct", "<|end|>", "a1|a2<|end|>\n<|end|>"),
    ]) func answersOfPublishedTemplates(name: String, end: String, wanted: String) throws {
        #expect(try trained(name, end: end, talk) == wanted)
    }

    @Test func llama3TrainsTheAnswersIdsAndTheTurnsEnd() throws {
        let source = try Places.text(Places.shared + "chat_templates/meta-llama-Llama-3.2-3B-Instruct.jinja")
        let tokenizer = try Tokenizer.load(path: Places.shared + "tokenizers/llama3")
        let text = try ModelText(
            tokenizer: tokenizer, templateSource: source, beginToken: "<|begin_of_text|>", endToken: "<|eot_id|>")
        let renderer = ExampleRenderer(text: text, now: Date(timeIntervalSince1970: 1_736_899_200))
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
