import Datasets
import Foundation
import OrderedJSON
import Tokenizers

/// Rows of instructions as the script for PyTorch writes them, so that both engines train on the same tokens.
enum InstructionRows {
    /// Reads the first `limit` rows of a JSONL file (0: all): alpaca fields, or `messages`.
    /// - Throws: `Failure` that names the line which is neither.
    static func read(_ path: String, limit: Int) throws -> [Example] {
        struct Enough: Error {}
        var examples: [Example] = []
        do {
            try JSONLines.forEach(in: path) { row, line in
                examples.append(Example(content: try content(of: row, file: path, line: line), line: line))
                if examples.count == limit { throw Enough() }
            }
        } catch is Enough {}
        guard !examples.isEmpty else { throw Failure("\(path) holds no row. Give a JSONL file with rows to --data.") }
        return examples
    }

    private static func content(of row: JSONObject, file: String, line: Int) throws -> Example.Content {
        if let messages = row["messages"]?.array {
            let turns = messages.compactMap { message -> ChatMessage? in
                guard let role = message["role"]?.string, let content = message["content"]?.string else { return nil }
                return ChatMessage(role: role, content: content)
            }
            guard turns.count == messages.count, !turns.isEmpty else {
                throw Failure("\(file), line \(line): every message needs a role and a content that are texts.")
            }
            return .chat(turns, tools: nil)
        }
        guard let instruction = row["instruction"]?.string, let output = row["output"]?.string else {
            throw Failure("\(file), line \(line): a row needs the texts instruction and output, or messages.")
        }
        return .completion(
            prompt: prompt(instruction: instruction, input: row["input"]?.string ?? ""), completion: output)
    }

    /// The text of Stanford Alpaca. Taori et al. 2023, github.com/tatsu-lab/stanford_alpaca.
    static func prompt(instruction: String, input: String) -> String {
        let task = "Below is an instruction that describes a task"
        let answer = "Write a response that appropriately completes the request."
        guard !input.isEmpty else {
            return "\(task). \(answer)\n\n### Instruction:\n\(instruction)\n\n### Response:\n"
        }
        return "\(task), paired with an input that provides further context. \(answer)\n\n### Instruction:\n"
            + "\(instruction)\n\n### Input:\n\(input)\n\n### Response:\n"
    }

    /// Conversations: a heading with the role before each turn, the end token after every answer.
    private static let template =
        "{% for m in messages %}<|{{ m.role }}|>\n{{ m.content }}"
        + "{% if m.role == 'assistant' %}{{ eos_token }}{% else %}{{ '\\n' }}{% endif %}{% endfor %}"
        + "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"

    /// The text side of a tokenizer file: the end token is the first known one of those that models use.
    static func text(_ tokenizer: Tokenizer, named name: String) throws -> ModelText {
        let end = ["<|endoftext|>", "</s>", "<|end_of_text|>", "<|im_end|>"].first { tokenizer.id(of: $0) != nil }
        guard let end else {
            throw Failure("\(name) has no end token that is known here. Give another tokenizer to --tokenizer.")
        }
        return try ModelText(tokenizer: tokenizer, templateSource: template, beginToken: nil, endToken: end)
    }
}
