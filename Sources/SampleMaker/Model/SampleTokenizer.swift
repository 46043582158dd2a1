import OrderedJSON
import Tokenizers

/// The sample model's byte-level BPE and what belongs to it.
enum SampleTokenizer {
    static let specialTokens = ["<|endoftext|>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>"]
    private static let endOfText = 0
    private static let endOfTurn = 4

    static let template = """
        {%- for message in messages -%}
        {%- if message['role'] == 'assistant' -%}
        {{ '<|assistant|>' }}{% generation %}{{ message['content'] + '<|end|>' }}{% endgeneration %}{{ '\\n' }}
        {%- elif message['role'] in ['system', 'user'] -%}
        {{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>\\n' }}
        {%- else -%}
        {{ raise_exception('Unknown role ' + message['role'] + ': this model knows system, user and assistant.') }}
        {%- endif -%}
        {%- endfor -%}
        {%- if add_generation_prompt -%}
        {{ '<|assistant|>' }}
        {%- endif -%}
        """

    /// Numbers are cut into pairs of digits from the left, never merged further: an order number is then few enough
    /// tokens for a small model to copy, and each pair is common enough to be learned. Markers are left out of the
    /// counting; they are tokens of their own.
    static func train(on texts: [String], vocabulary: Int) throws -> JSONValue {
        var trainer = ByteLevelBPETrainer(vocabularySize: vocabulary, specialTokens: specialTokens)
        for text in texts {
            var pieces = [text]
            for marker in specialTokens { pieces = pieces.flatMap { $0.split(separator: marker).map(String.init) } }
            for piece in pieces {
                for part in parts(of: piece) { trainer.add(part) }
            }
        }
        // Every pair is a token, also one that the texts happen to lack.
        for pair in 0..<100 { trainer.add((pair < 10 ? "0" : "") + String(pair), count: 50) }
        guard case .object(var json) = try trainer.train() else { return .null }
        json["pre_tokenizer"] = [
            "type": "Sequence",
            "pretokenizers": [
                ["type": "Split", "pattern": ["Regex": "\\p{N}{1,2}"], "behavior": "Isolated", "invert": false],
                ["type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true],
            ],
        ]
        return .object(json)
    }

    /// The text cut as the pre-tokenizer will cut it around numbers.
    static func parts(of text: String) -> [String] {
        var parts: [String] = []
        var part = ""
        var digits = 0
        for character in text {
            let isDigit = character.isNumber
            if isDigit ? digits == 0 || digits == 2 : digits > 0 {
                if !part.isEmpty { parts.append(part) }
                part = ""
                digits = 0
            }
            part.append(character)
            if isDigit { digits += 1 }
        }
        if !part.isEmpty { parts.append(part) }
        return parts
    }

    static var configuration: JSONValue {
        var added = JSONObject()
        for (id, token) in specialTokens.enumerated() {
            added[String(id)] = [
                "content": .string(token), "lstrip": false, "normalized": false, "rstrip": false, "single_word": false,
                "special": true,
            ]
        }
        return [
            "tokenizer_class": "PreTrainedTokenizerFast", "add_prefix_space": false,
            "clean_up_tokenization_spaces": false,
            "added_tokens_decoder": .object(added), "eos_token": "<|end|>", "pad_token": "<|endoftext|>",
            "model_max_length": .integer(SampleModel.contextLength), "chat_template": .string(template),
        ]
    }

    static var generation: JSONValue {
        [
            "eos_token_id": [.integer(endOfTurn), .integer(endOfText)], "pad_token_id": .integer(endOfText),
            "do_sample": true, "temperature": 0.7, "top_p": 0.95,
        ]
    }
}
