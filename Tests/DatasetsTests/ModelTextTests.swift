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
